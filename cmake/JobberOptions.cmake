set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_VERIFY_INTERFACE_HEADER_SETS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

option(JOBBER_BUILD_TESTS "Build the tests" ON)
option(JOBBER_BUILD_BENCH "Build the benches" ON)
option(JOBBER_BUILD_FUZZ "Build the fuzz targets (clang only)" OFF)
set(JOBBER_SANITIZE "" CACHE STRING "Sanitizers for everything of ours, e.g. address,undefined or thread")
set(JOBBER_MARCH "x86-64-v2" CACHE STRING "-march of everything; AVX2 paths are chosen at run time")

find_program(CCACHE ccache)
if(CCACHE)
  # Relative paths: one cache serves every checkout.
  set(CMAKE_CXX_COMPILER_LAUNCHER
    ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=true ${CCACHE})
endif()

# Flags of our own code, as a target so that nobody forgets one.
add_library(jobber_flags INTERFACE)
target_compile_options(jobber_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wnon-virtual-dtor
  -Woverloaded-virtual -Wnull-dereference -Wdouble-promotion -Wformat=2 -Wimplicit-fallthrough -Werror
  -march=${JOBBER_MARCH} -fno-omit-frame-pointer -ffp-contract=off)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 reports false null dereferences and overlapping copies through inlined standard containers.
  target_compile_options(jobber_flags INTERFACE -Wno-null-dereference -Wno-restrict)
else()
  # libstdc++ 12 implements std::stable_sort with a function it has itself deprecated.
  target_compile_options(jobber_flags INTERFACE -Wno-deprecated-declarations)
endif()
if(JOBBER_SANITIZE)
  target_compile_options(jobber_flags INTERFACE -fsanitize=${JOBBER_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(jobber_flags INTERFACE -fsanitize=${JOBBER_SANITIZE})
  target_compile_definitions(jobber_flags INTERFACE JOBBER_SANITIZED=1)
endif()
