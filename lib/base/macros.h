/**
 * @file
 * Small compiler helpers.  Layer 0.
 */
#pragma once

#define LT_MUST_CHECK   __attribute__((warn_unused_result))
#define LT_PRINTF(f, a) __attribute__((format(printf, f, a)))
#define LT_CLEANUP(fn)  __attribute__((cleanup(fn)))
#define LT_COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define LT_MIN(a, b)    ((a) < (b) ? (a) : (b))
#define LT_MAX(a, b)    ((a) > (b) ? (a) : (b))

/** Makes lt_foo_freep(), the form that LT_CLEANUP calls. */
#define LT_DEFINE_CLEANUP(type, fn)    \
    static inline void fn##p(type **p) \
    {                                  \
        fn(*p);                        \
        *p = NULL;                     \
    }

/** Hands a cleaned-up local over to somebody else: returns *p and empties it. */
#define lt_steal(p)                         \
    ({                                      \
        __typeof__(*(p)) lt_stolen_ = *(p); \
        *(p) = NULL;                        \
        lt_stolen_;                         \
    })

/** Our own bugs: prints where and aborts, in release builds too.  A restart from the last safe
 * position is better than a wrong position. */
#define lt_assert(cond) ((cond) ? (void)0 : lt_assert_failed(#cond, __FILE__, __LINE__))

_Noreturn void lt_assert_failed(const char *cond, const char *file, int line);
