#include "tests/support/alloc_counter.hpp"

#include <cstdlib>
#include <new>

namespace {
constinit thread_local std::int64_t t_allocations = 0;
}  // namespace

namespace jobber::test {
std::int64_t thread_allocations() noexcept { return t_allocations; }
}  // namespace jobber::test

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define JOBBER_COUNT_BY_HOOK 1
#endif
#endif

#ifdef JOBBER_COUNT_BY_HOOK

// TSan's runtime brings an operator new of its own that cannot be replaced, but it offers a hook.
#include <sanitizer/allocator_interface.h>

namespace {
const int g_hooked = __sanitizer_install_malloc_and_free_hooks(
    [](const volatile void*, std::size_t) { ++t_allocations; }, [](const volatile void*) {});
}  // namespace

#else

namespace {

void* counted(std::size_t size) noexcept {
  ++t_allocations;
  return std::malloc(size != 0 ? size : 1);
}

void* counted(std::size_t size, std::align_val_t align) noexcept {
  ++t_allocations;
  const auto a = static_cast<std::size_t>(align);
  return std::aligned_alloc(a, (size + a - 1) / a * a);  // aligned_alloc wants a multiple
}

void* or_throw(void* p) {
  if (p == nullptr) throw std::bad_alloc();
  return p;
}

}  // namespace

#if defined(__GNUC__) && !defined(__clang__)
// GCC looks through the replacement and calls free() of a new'd block a mismatch.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

void* operator new(std::size_t n) { return or_throw(counted(n)); }
void* operator new[](std::size_t n) { return or_throw(counted(n)); }
void* operator new(std::size_t n, std::align_val_t a) { return or_throw(counted(n, a)); }
void* operator new[](std::size_t n, std::align_val_t a) { return or_throw(counted(n, a)); }
void* operator new(std::size_t n, const std::nothrow_t&) noexcept { return counted(n); }
void* operator new[](std::size_t n, const std::nothrow_t&) noexcept { return counted(n); }
void* operator new(std::size_t n, std::align_val_t a, const std::nothrow_t&) noexcept { return counted(n, a); }
void* operator new[](std::size_t n, std::align_val_t a, const std::nothrow_t&) noexcept { return counted(n, a); }

void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t) noexcept { std::free(p); }
void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete[](void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }
void operator delete(void* p, const std::nothrow_t&) noexcept { std::free(p); }
void operator delete[](void* p, const std::nothrow_t&) noexcept { std::free(p); }
void operator delete(void* p, std::align_val_t, const std::nothrow_t&) noexcept { std::free(p); }
void operator delete[](void* p, std::align_val_t, const std::nothrow_t&) noexcept { std::free(p); }

#endif
