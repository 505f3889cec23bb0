#[=======================================================================[
FindCAF
-------

Finds the core of the C++ Actor Framework, 0.17 series.

Imported target

  CAF::core         headers and library of CAF's core

Variables

  CAF_FOUND         whether it was found, and is of this series
  CAF_VERSION       for example 0.17.6, read from caf/config.hpp
  CAF_INCLUDE_DIR   cache entry: the folder that holds caf/
  CAF_CORE_LIBRARY  cache entry: libcaf_core

Hint

  CAF_ROOT          a prefix. When it is given, nowhere else is searched: a build that asks for a
                    certain CAF (the one instrumented for ThreadSanitizer) must not get another one.
#]=======================================================================]

set(_caf_only_root)
if(CAF_ROOT OR DEFINED ENV{CAF_ROOT})
  set(_caf_only_root NO_DEFAULT_PATH PATHS "${CAF_ROOT}" "$ENV{CAF_ROOT}")
endif()

find_path(CAF_INCLUDE_DIR caf/config.hpp PATH_SUFFIXES include ${_caf_only_root})
find_library(CAF_CORE_LIBRARY NAMES caf_core caf_core_static PATH_SUFFIXES lib ${_caf_only_root})
unset(_caf_only_root)
mark_as_advanced(CAF_INCLUDE_DIR CAF_CORE_LIBRARY)

if(CAF_INCLUDE_DIR)
  file(STRINGS "${CAF_INCLUDE_DIR}/caf/config.hpp" _caf_version REGEX "^#define CAF_VERSION [0-9]+")
  # 1706 is 0.17.6: two digits each for minor version and patch.
  if(_caf_version MATCHES "CAF_VERSION ([0-9]+)")
    math(EXPR _caf_major "${CMAKE_MATCH_1} / 10000")
    math(EXPR _caf_minor "${CMAKE_MATCH_1} / 100 % 100")
    math(EXPR _caf_patch "${CMAKE_MATCH_1} % 100")
    set(CAF_VERSION "${_caf_major}.${_caf_minor}.${_caf_patch}")
  endif()
  unset(_caf_version)
  unset(_caf_major)
  unset(_caf_minor)
  unset(_caf_patch)
endif()

# The series have different interfaces, and a later one passes for "at least 0.17.6".
set(CAF_IS_0_17 FALSE)
set(_caf_reason "Debian and Ubuntu package it as libcaf-dev")
if(CAF_VERSION MATCHES "^0\\.17\\.")
  set(CAF_IS_0_17 TRUE)
elseif(CAF_VERSION)
  set(_caf_reason "CAF ${CAF_VERSION} has another interface than 0.17: give CAF_ROOT, the prefix of a 0.17.6")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(
  CAF
  REQUIRED_VARS CAF_CORE_LIBRARY CAF_INCLUDE_DIR CAF_IS_0_17
  VERSION_VAR CAF_VERSION
  REASON_FAILURE_MESSAGE "${_caf_reason}")
unset(_caf_reason)

if(CAF_FOUND AND NOT TARGET CAF::core)
  include(CMakeFindDependencyMacro)
  find_dependency(Threads)
  add_library(CAF::core UNKNOWN IMPORTED)
  set_target_properties(
    CAF::core
    PROPERTIES IMPORTED_LOCATION "${CAF_CORE_LIBRARY}"
               IMPORTED_LINK_INTERFACE_LANGUAGES CXX
               INTERFACE_INCLUDE_DIRECTORIES "${CAF_INCLUDE_DIR}"
               INTERFACE_LINK_LIBRARIES Threads::Threads)
endif()
