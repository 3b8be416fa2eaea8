# Everything that comes from outside, found once, and printed as found.
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)
include(Arrow)
message(STATUS "fmt ${fmt_VERSION}, nlohmann-json ${nlohmann_json_VERSION}, xxHash ${XXHASH_VERSION}, "
  "yaml-cpp ${yaml-cpp_VERSION}, CLI11 ${CLI11_VERSION}")

if(TWHIN_BUILD_TESTS)
  find_package(GTest REQUIRED)
  include(GoogleTest)
endif()
if(TWHIN_BUILD_BENCH)
  find_package(benchmark REQUIRED)
endif()
