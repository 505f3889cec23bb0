# Builds tests/install/<project> against the installed package, and runs it.

function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    list(JOIN ARGV " " command)
    message(FATAL_ERROR "${command}\nends with ${result}:\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

set(here "${build}/tests/install/${project}")
file(REMOVE_RECURSE "${here}")
set(settings
    "-DCMAKE_PREFIX_PATH=${build}/tests/install/prefix"
    "-DCMAKE_CXX_COMPILER=${compiler}"
    "-DCMAKE_CXX_FLAGS=${flags}"
    "-DCMAKE_BUILD_TYPE=${build_type}")
if(caf_root)
  list(APPEND settings "-DCAF_ROOT=${caf_root}")
endif()

run("${CMAKE_COMMAND}" -S "${CMAKE_CURRENT_LIST_DIR}/${project}" -B "${here}" -G "${generator}" ${settings})
run("${CMAKE_COMMAND}" --build "${here}")
run("${here}/${project}")
if(NOT output MATCHES "callsign ${version}")
  message(FATAL_ERROR "${project} says:\n${output}")
endif()
