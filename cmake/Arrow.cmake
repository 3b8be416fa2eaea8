# Arrow and Parquet for C++: twhin::arrow, twhin::parquet, twhin::arrow_dataset.
#
# Taken from the system if it has them, otherwise from the pyarrow wheel in .venv: it carries the C++ headers
# and libraries. Those are linked by their full versioned names, so that nothing has to be written into
# site-packages, and are copied by `cmake --install` into lib/twhin, where the installed programs look for them.
#
# TWHIN_ARROW_VERSION  what was found.      TWHIN_ARROW_ORIGIN  "system", or the wheel's folder.
include_guard(GLOBAL)
include(GNUInstallDirs)

# The oldest release whose interface our code uses: FileReader::ReadTable() that returns a Result.
set(TWHIN_ARROW_OLDEST 24.0.0)
cmake_path(SET venv NORMALIZE "${CMAKE_CURRENT_LIST_DIR}/../.venv")
set(TWHIN_VENV "${venv}" CACHE PATH "Python environment made by scripts/setup")

function(twhin_arrow_from_system)
  find_package(Arrow CONFIG QUIET)
  find_package(Parquet CONFIG QUIET)
  find_package(ArrowDataset CONFIG QUIET)
  if(NOT (Arrow_FOUND AND Parquet_FOUND AND ArrowDataset_FOUND))
    return()
  endif()
  if(Arrow_VERSION VERSION_LESS TWHIN_ARROW_OLDEST)
    message(STATUS "Arrow ${Arrow_VERSION} of the system is older than ${TWHIN_ARROW_OLDEST}: not used")
    return()
  endif()
  foreach(pair IN ITEMS arrow=Arrow::arrow_shared parquet=Parquet::parquet_shared
      arrow_dataset=ArrowDataset::arrow_dataset_shared)
    string(REPLACE "=" ";" pair "${pair}")
    list(GET pair 0 name)
    list(GET pair 1 target)
    add_library(twhin::${name} INTERFACE IMPORTED GLOBAL)
    target_link_libraries(twhin::${name} INTERFACE ${target})
  endforeach()
  set(TWHIN_ARROW_VERSION "${Arrow_VERSION}" PARENT_SCOPE)
  set(TWHIN_ARROW_ORIGIN "system" PARENT_SCOPE)
endfunction()

function(twhin_arrow_from_wheel)
  file(GLOB wheel LIST_DIRECTORIES true "${TWHIN_VENV}/lib/python3*/site-packages/pyarrow")
  if(NOT EXISTS "${wheel}/include/arrow/util/config.h")
    return()
  endif()
  file(STRINGS "${wheel}/include/arrow/util/config.h" lines REGEX "ARROW_(VERSION_STRING|SO_VERSION) ")
  string(REGEX REPLACE ".*ARROW_VERSION_STRING \"([^\"]+)\".*" "\\1" version "${lines}")
  string(REGEX REPLACE ".*ARROW_SO_VERSION \"([^\"]+)\".*" "\\1" so_version "${lines}")
  # arrow_compute and arrow_acero are what arrow_dataset needs; its own RUNPATH finds them beside it.
  set(libraries)
  foreach(name IN ITEMS arrow parquet arrow_dataset arrow_compute arrow_acero)
    set(library "${wheel}/lib${name}.so.${so_version}")
    if(NOT EXISTS "${library}")
      message(FATAL_ERROR "${library} is missing: pyarrow in ${TWHIN_VENV} is damaged or of "
        "an unknown layout. This installs it anew:\n  rm -r ${TWHIN_VENV} && scripts/setup")
    endif()
    list(APPEND libraries "${library}")
    if(NOT name MATCHES "compute|acero")
      add_library(twhin::${name} SHARED IMPORTED GLOBAL)
      set_target_properties(twhin::${name} PROPERTIES
        IMPORTED_LOCATION "${library}"
        IMPORTED_SONAME "lib${name}.so.${so_version}"
        INTERFACE_INCLUDE_DIRECTORIES "${wheel}/include")
    endif()
  endforeach()
  install(FILES ${libraries} DESTINATION "${CMAKE_INSTALL_LIBDIR}/twhin")
  set(TWHIN_ARROW_VERSION "${version}" PARENT_SCOPE)
  set(TWHIN_ARROW_ORIGIN "${wheel}" PARENT_SCOPE)
endfunction()

twhin_arrow_from_system()
if(NOT TWHIN_ARROW_VERSION)
  twhin_arrow_from_wheel()
endif()
if(NOT TWHIN_ARROW_VERSION)
  message(FATAL_ERROR "No Arrow: the system has none of version ${TWHIN_ARROW_OLDEST} or newer (Arrow, Parquet "
    "and ArrowDataset), and ${TWHIN_VENV} has no pyarrow wheel. This installs the wheel:\n  scripts/setup")
endif()
target_link_libraries(twhin::parquet INTERFACE twhin::arrow)
target_link_libraries(twhin::arrow_dataset INTERFACE twhin::parquet)
if(NOT TWHIN_ARROW_ORIGIN STREQUAL "system")
  file(RELATIVE_PATH from_bin "/${CMAKE_INSTALL_BINDIR}" "/${CMAKE_INSTALL_LIBDIR}/twhin")
  list(APPEND CMAKE_INSTALL_RPATH "$ORIGIN/${from_bin}")
endif()
message(STATUS "Arrow ${TWHIN_ARROW_VERSION} (${TWHIN_ARROW_ORIGIN})")
