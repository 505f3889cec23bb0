# Installs `build` under a fresh prefix, and looks at what is there.

set(prefix "${build}/tests/install/prefix")
file(REMOVE_RECURSE "${prefix}")
execute_process(
  COMMAND "${CMAKE_COMMAND}" --install "${build}" --prefix "${prefix}"
  COMMAND_ERROR_IS_FATAL ANY OUTPUT_QUIET)

# The program that plays scripts runs from there, if it was built.
if(scripts)
  file(WRITE "${build}/tests/install/hello.script" "program echo\nana joins\nana -> \"hello\"\nana <- \"hello\"\nquiet\n")
  foreach(words IN ITEMS "--version" "--help" "run;${build}/tests/install/hello.script")
    execute_process(
      COMMAND "${prefix}/bin/callsign-script" ${words}
      OUTPUT_VARIABLE said
      COMMAND_ERROR_IS_FATAL ANY)
    list(APPEND all_said "${said}")
  endforeach()
  foreach(words IN ITEMS "callsign-script ${version}" "replay RECORDING" "at the altitude program: as written")
    if(NOT all_said MATCHES "${words}")
      message(FATAL_ERROR "the installed callsign-script does not say '${words}', but:\n${all_said}")
    endif()
  endforeach()
endif()

# Public headers, those under native/ excepted, include neither CAF nor Boost.
file(GLOB_RECURSE headers "${prefix}/include/*.hpp")
if(NOT headers)
  message(FATAL_ERROR "no header was installed")
endif()
foreach(header IN LISTS headers)
  file(STRINGS "${header}" crossed REGEX "^[ \t]*#[ \t]*include[ \t]*[<\"](caf|boost)/")
  if(crossed AND NOT header MATCHES "/callsign/(testkit/)?native/")
    message(FATAL_ERROR "${header}: ${crossed}")
  endif()
  # Nor do they need the source tree.
  file(STRINGS "${header}" crossed REGEX "^[ \t]*#[ \t]*include[ \t]*[<\"](actors|net|app|tests)/")
  if(crossed)
    message(FATAL_ERROR "${header}: ${crossed}")
  endif()
endforeach()
