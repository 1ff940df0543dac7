/* Opening c-ares; see late/cares.h. */
#include "late/cares.h"

#include "opening.h"

static const char *const FILES[] = {"libcares.so.2", NULL};

static const char *const NAMES[] = {
#define CARES_NAME(name) "ares_" #name,
    CARES_CALLS(CARES_NAME)
#undef CARES_NAME
        NULL};

static union {
    struct cares_calls typed;
    late_call each[sizeof(struct cares_calls) / sizeof(late_call)];
} calls;
_Static_assert(sizeof calls.each == sizeof calls.typed &&
                   sizeof NAMES / sizeof *NAMES == sizeof calls.each / sizeof *calls.each + 1,
               "one name for each call");

static struct late_library library = {
    .files = FILES, .names = NAMES, .calls = calls.each, .lock = PTHREAD_MUTEX_INITIALIZER};

RESULT cares_open(const struct cares_calls **ret_calls, struct reason *reason)
{
    TRY(late_open(&library, reason));
    *ret_calls = &calls.typed;
    return RESULT_OK;
}
