# Everything that comes from outside, found once, and printed as found.
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)
find_package(hwy REQUIRED)
# oneDNN's own package file wants OpenCL, which its products on a CPU do not use. libgomp is the
# library behind its threads, by the name of its ABI: Clang comes with another one called gomp.
find_path(ONEDNN_INCLUDE_DIR dnnl.h REQUIRED)
find_library(ONEDNN_LIBRARY dnnl REQUIRED)
find_library(GOMP_LIBRARY NAMES libgomp.so.1 REQUIRED)
add_library(onednn INTERFACE)
target_include_directories(onednn SYSTEM INTERFACE "${ONEDNN_INCLUDE_DIR}")
target_link_libraries(onednn INTERFACE "${ONEDNN_LIBRARY}" "${GOMP_LIBRARY}")
include(Arrow)
message(STATUS "fmt ${fmt_VERSION}, nlohmann-json ${nlohmann_json_VERSION}, xxHash ${XXHASH_VERSION}, "
  "yaml-cpp ${yaml-cpp_VERSION}, CLI11 ${CLI11_VERSION}, "
  "Highway ${hwy_VERSION}, oneDNN ${ONEDNN_LIBRARY}")

if(TWHIN_BUILD_TESTS)
  find_package(GTest REQUIRED)
  include(GoogleTest)
endif()
if(TWHIN_BUILD_BENCH)
  find_package(benchmark REQUIRED)
endif()
