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
# FAISS's own package file wants MKL or OpenMP of the compiler; its archive needs a BLAS, and OpenBLAS by name, for
# the reference BLAS that may stand in for it is many times slower. libgomp is the one above.
find_path(FAISS_INCLUDE_DIR faiss/Index.h REQUIRED)
find_library(FAISS_LIBRARY NAMES libfaiss.a faiss REQUIRED)
find_library(OPENBLAS_LIBRARY openblas REQUIRED)
add_library(faiss INTERFACE)
target_include_directories(faiss SYSTEM INTERFACE "${FAISS_INCLUDE_DIR}")
target_link_libraries(faiss INTERFACE "${FAISS_LIBRARY}" "${OPENBLAS_LIBRARY}" "${GOMP_LIBRARY}" Threads::Threads)
# hnswlib is headers only; 0.6.2 defines functions that are not inline, so exactly one .cpp includes it.
find_path(HNSWLIB_INCLUDE_DIR hnswlib/hnswlib.h REQUIRED)
add_library(hnswlib INTERFACE)
target_include_directories(hnswlib SYSTEM INTERFACE "${HNSWLIB_INCLUDE_DIR}")
include(Arrow)
# HDF5 only for the edge buckets of PyTorch-BigGraph; without it reading them is an error that says so.
add_library(twhin_hdf5 INTERFACE)
add_library(twhin::hdf5 ALIAS twhin_hdf5)
set(TWHIN_HDF5_FOUND OFF)
set(hdf5_found "none")
if(TWHIN_HDF5)
  pkg_search_module(HDF5 IMPORTED_TARGET hdf5 hdf5-serial)
  if(HDF5_FOUND)
    target_link_libraries(twhin_hdf5 INTERFACE PkgConfig::HDF5)
    set(TWHIN_HDF5_FOUND ON)
    set(hdf5_found "${HDF5_VERSION}")
  endif()
endif()
message(STATUS "fmt ${fmt_VERSION}, nlohmann-json ${nlohmann_json_VERSION}, xxHash ${XXHASH_VERSION}, "
  "yaml-cpp ${yaml-cpp_VERSION}, CLI11 ${CLI11_VERSION}, "
  "Highway ${hwy_VERSION}, oneDNN ${ONEDNN_LIBRARY}, FAISS ${FAISS_LIBRARY} with ${OPENBLAS_LIBRARY}, HDF5 ${hdf5_found}")

if(TWHIN_BUILD_TESTS)
  find_package(GTest REQUIRED)
  include(GoogleTest)
endif()
if(TWHIN_BUILD_BENCH)
  find_package(benchmark REQUIRED)
endif()
