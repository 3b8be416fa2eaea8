# Build options and the language they are built with.
option(TWHIN_BUILD_TESTS "Build the unit tests (needs GoogleTest)" ON)
option(TWHIN_BUILD_BENCH "Build the benchmarks (needs Google Benchmark)" OFF)
option(TWHIN_BUILD_FUZZ "Build the fuzz targets (needs Clang)" OFF)
option(TWHIN_HDF5 "Read the edge buckets of PyTorch-BigGraph, if HDF5 is there" ON)
option(TWHIN_WERROR "Treat warnings as errors" OFF)
set(TWHIN_SANITIZE "" CACHE STRING "Sanitizers, as for -fsanitize=: address,undefined or thread")

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()

find_program(TWHIN_CCACHE ccache)
if(TWHIN_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${TWHIN_CCACHE}")
endif()

if(TWHIN_SANITIZE)
  add_compile_options(-fsanitize=${TWHIN_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${TWHIN_SANITIZE})
endif()
if(TWHIN_BUILD_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)  # coverage, which steers the fuzzer through our libraries
endif()
