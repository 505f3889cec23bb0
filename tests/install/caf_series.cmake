# A CAF of a later series is "at least 0.17.6" and must not be found all the same: it would be
# found out only by the compiler.
#
# -Dscratch=<folder>

cmake_minimum_required(VERSION 3.25)

set(CMAKE_FIND_LIBRARY_PREFIXES lib)
set(CMAKE_FIND_LIBRARY_SUFFIXES .so)
set(CMAKE_MODULE_PATH "${CMAKE_CURRENT_LIST_DIR}/../../actors/cmake")
set(CAF_ROOT "${scratch}")

file(WRITE "${scratch}/include/caf/config.hpp" "#define CAF_VERSION 1805\n")
file(WRITE "${scratch}/lib/libcaf_core.so" "")
find_package(CAF 0.17.6 QUIET MODULE)

if(NOT CAF_VERSION STREQUAL "0.18.5" OR NOT CAF_CORE_LIBRARY MATCHES "^${scratch}/")
  message(FATAL_ERROR "the CAF that was laid out was not seen: \"${CAF_VERSION}\" ${CAF_CORE_LIBRARY}")
endif()
if(CAF_FOUND)
  message(FATAL_ERROR "CAF 0.18.5 was taken for 0.17")
endif()
