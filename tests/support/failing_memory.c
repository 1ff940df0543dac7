/* Requests for memory of which the nth gets none; see failing_calls.h. */
#include "failing_calls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint64_t requests_left;
static bool happened;
static int64_t held;
static _Thread_local bool spared;

void failing_memory_plan(uint64_t nth)
{
    requests_left = nth;
    if (nth > 0) {
        happened = false;
        held = 0;
    }
}

void failing_memory_spare(bool spare)
{
    spared = spare;
}

bool failing_memory_happened(void)
{
    return happened;
}

int64_t failing_memory_held(void)
{
    return held;
}

static bool fails(void)
{
    if (spared || requests_left == 0 || --requests_left > 0)
        return false;
    happened = true;
    errno = ENOMEM;
    return true;
}

static void *count(void *memory)
{
    held += memory != NULL;
    return memory;
}

/* NOLINTBEGIN(bugprone-reserved-identifier) */
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : count(__real_malloc(size));
}

void *__real_calloc(size_t members, size_t size);
void *__wrap_calloc(size_t members, size_t size);
void *__wrap_calloc(size_t members, size_t size)
{
    return fails() ? NULL : count(__real_calloc(members, size));
}

void *__real_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size)
{
    if (fails())
        return NULL;
    void *const moved = __real_realloc(memory, size);
    return memory == NULL ? count(moved) : moved;
}

/* The C library's, and its strdup(), would ask for memory behind this one's back. */
void *__wrap_reallocarray(void *memory, size_t members, size_t size);
void *__wrap_reallocarray(void *memory, size_t members, size_t size)
{
    return __wrap_realloc(memory, members * size);
}

char *__wrap_strdup(const char *text);
char *__wrap_strdup(const char *text)
{
    const size_t size = strlen(text) + 1;
    char *const copy = __wrap_malloc(size);
    return copy == NULL ? NULL : memcpy(copy, text, size);
}

void __real_free(void *memory);
void __wrap_free(void *memory);
void __wrap_free(void *memory)
{
    held -= memory != NULL;
    __real_free(memory);
}
/* NOLINTEND(bugprone-reserved-identifier) */
