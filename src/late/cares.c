/* Opening c-ares; see late/cares.h. */
#include "late/cares.h"

#include "opening.h"

static const char *const FILES[] = {"libcares.so.2", NULL};

static const char *const NAMES[] = {
#define CARES_NAME(name) "ares_" #name,
    CARES_CALLS(CARES_NAME)
#undef CARES_NAME
        NULL};

static struct cares_calls calls;

static struct late_library library = {FILES, NAMES, &calls, .lock = PTHREAD_MUTEX_INITIALIZER};

RESULT cares_open(const struct cares_calls **ret_calls, struct reason *reason)
{
    TRY(late_open(&library, reason));
    *ret_calls = &calls;
    return RESULT_OK;
}
