# Helpers so that each folder's CMakeLists.txt says only what is special about it.
# Sources are globbed: a file in a folder is a file of that library (docs/decisions/0002-build.md).

# jobber_library(engine LINK fmt::fmt): all *.cpp/*.hpp below the calling folder, except EXCLUDE.
function(jobber_library name)
  cmake_parse_arguments(ARG "" "" "LINK;EXCLUDE" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.hpp)
  foreach(pattern ${ARG_EXCLUDE})
    list(FILTER sources EXCLUDE REGEX "${pattern}")
    list(FILTER headers EXCLUDE REGEX "${pattern}")
  endforeach()
  if(sources)
    add_library(jobber_${name} STATIC ${sources})
    set(scope PUBLIC)
  else()
    add_library(jobber_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  add_library(jobber::${name} ALIAS jobber_${name})
  target_sources(jobber_${name} ${scope} FILE_SET HEADERS BASE_DIRS ${CMAKE_SOURCE_DIR} FILES ${headers})
  target_link_libraries(jobber_${name} ${scope} jobber_flags Threads::Threads ${ARG_LINK})
endfunction()

# jobber_tests(engine LINK jobber::engine LABEL unit): one gtest binary of all *_test.cpp in the folder.
function(jobber_tests name)
  cmake_parse_arguments(ARG "" "LABEL" "LINK" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*_test.cpp)
  if(NOT sources)
    return()
  endif()
  add_executable(${name}_tests ${sources})
  target_link_libraries(${name}_tests PRIVATE jobber_flags jobber_test_support ${ARG_LINK} GTest::gtest GTest::gtest_main)
  include(GoogleTest)
  gtest_discover_tests(${name}_tests TEST_PREFIX ${name}. DISCOVERY_MODE PRE_TEST
    PROPERTIES LABELS "${ARG_LABEL}" TIMEOUT 900)
endfunction()
