#[=======================================================================[
FindLiburing
------------

Finds liburing, which brings no configuration of its own.

Imported target

  liburing::liburing   header and library

Variables

  Liburing_FOUND         whether it was found
  Liburing_INCLUDE_DIR   cache entry: the folder that holds liburing.h
  Liburing_LIBRARY       cache entry: liburing
#]=======================================================================]

find_path(Liburing_INCLUDE_DIR liburing.h)
find_library(Liburing_LIBRARY uring)
mark_as_advanced(Liburing_INCLUDE_DIR Liburing_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(
  Liburing
  REQUIRED_VARS Liburing_LIBRARY Liburing_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "Debian and Ubuntu package it as liburing-dev")

if(Liburing_FOUND AND NOT TARGET liburing::liburing)
  add_library(liburing::liburing UNKNOWN IMPORTED)
  set_target_properties(
    liburing::liburing PROPERTIES IMPORTED_LOCATION "${Liburing_LIBRARY}"
                                  INTERFACE_INCLUDE_DIRECTORIES "${Liburing_INCLUDE_DIR}")
endif()
