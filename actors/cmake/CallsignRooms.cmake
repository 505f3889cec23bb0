# What every room of the house (actors, net, app, tests) does the same way.

# Warnings: used through $<BUILD_INTERFACE:callsign_warnings>, so that they never travel with the
# installed package. They become errors in the presets (CMAKE_COMPILE_WARNING_AS_ERROR).
add_library(callsign_warnings INTERFACE)
target_compile_options(
  callsign_warnings
  INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
            # Options are given as {.port = 8080}; what is not named keeps its default.
            -Wno-missing-field-initializers
            # GCC 12 reports `"text" + std::string` falsely (GCC bug 105651).
            $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)

# ccache, when it is there. GCC's precompiled headers need -fpch-preprocess and a little tolerance.
find_program(CALLSIGN_CCACHE ccache)
mark_as_advanced(CALLSIGN_CCACHE)
if(CALLSIGN_CCACHE AND PROJECT_IS_TOP_LEVEL AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      "${CMAKE_COMMAND}" -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      "${CALLSIGN_CCACHE}")
endif()

# Where the processor time of each compilation goes, for tests/bench/build_time; tests/run names it.
if(CALLSIGN_COMPILE_LOG)
  list(PREPEND CMAKE_CXX_COMPILER_LAUNCHER "${PROJECT_SOURCE_DIR}/tests/bench/build_time/timed"
       "${CALLSIGN_COMPILE_LOG}")
endif()

# Language, warnings and position independence of everything that is compiled here.
function(callsign_house_rules target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
  target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:callsign_warnings>)
  if(BUILD_SHARED_LIBS)
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  endif()
endfunction()

# Precompiles headers of other people's libraries, privately, for one target.
function(callsign_precompile target)
  if(CALLSIGN_PRECOMPILE_HEADERS)
    target_precompile_headers(${target} PRIVATE ${ARGN})
    if(CALLSIGN_CCACHE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      target_compile_options(${target} PRIVATE -fpch-preprocess)
    endif()
  endif()
endfunction()

# Makes `target` the component callsign::<component> of the package: alias, export, install rules.
function(callsign_component component target)
  add_library(callsign::${component} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${component})
  if(CALLSIGN_INSTALL)
    install(
      TARGETS ${target}
      EXPORT callsign-${component}
      COMPONENT ${component}
      FILE_SET HEADERS
      DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT ${component})
    install(
      EXPORT callsign-${component}
      NAMESPACE callsign::
      FILE callsign-${component}.cmake
      DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/callsign"
      COMPONENT ${component})
  endif()
endfunction()

# Installs what find_package(callsign) reads.
function(callsign_install_package)
  include(CMakePackageConfigHelpers)
  set(destination "${CMAKE_INSTALL_LIBDIR}/cmake/callsign")
  configure_package_config_file(
    "${PROJECT_SOURCE_DIR}/actors/cmake/callsignConfig.cmake.in"
    "${PROJECT_BINARY_DIR}/callsignConfig.cmake"
    INSTALL_DESTINATION "${destination}")
  write_basic_package_version_file(
    "${PROJECT_BINARY_DIR}/callsignConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
  install(
    FILES "${PROJECT_BINARY_DIR}/callsignConfig.cmake"
          "${PROJECT_BINARY_DIR}/callsignConfigVersion.cmake"
          "${PROJECT_SOURCE_DIR}/actors/cmake/FindCAF.cmake"
          "${PROJECT_SOURCE_DIR}/actors/cmake/FindLiburing.cmake"
    DESTINATION "${destination}"
    COMPONENT actors)
  install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT actors)
endfunction()
