/* Opening a library; see opening.h. */
#include "opening.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

enum { WORDS_SIZE = 256 };

/* A function by its name. The system gives functions as what objects are given as. */
static bool find_call(void *opened, const char *name, late_call *ret_call)
{
    void *const found = dlsym(opened, name);
    _Static_assert(sizeof found == sizeof *ret_call, "POSIX: a function's address is as long as an object's");
    memcpy(ret_call, &found, sizeof found);
    return found != NULL;
}

static bool find_calls(const struct late_library *library, void *opened)
{
    for (size_t i = 0; library->names[i] != NULL; i++)
        if (!find_call(opened, library->names[i], &library->calls[i]))
            return false;
    return true;
}

static bool open_file(struct late_library *library, const char *file, char words[static WORDS_SIZE])
{
    void *const opened = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (opened != NULL && find_calls(library, opened))
        return true; /* and never closed: its threads and its memory may outlive every caller */
    const char *const why = dlerror();
    if (words[0] == 0)
        (void)snprintf(words, WORDS_SIZE, "%s", why != NULL ? why : file);
    if (opened != NULL)
        (void)dlclose(opened);
    return false;
}

RESULT late_open(struct late_library *library, struct reason *reason)
{
    char words[WORDS_SIZE] = "";
    pthread_mutex_lock(&library->lock);
    for (size_t i = 0; !library->open && library->files[i] != NULL; i++)
        library->open = open_file(library, library->files[i], words);
    const bool is_open = library->open;
    pthread_mutex_unlock(&library->lock);
    return is_open ? RESULT_OK : reason_say(reason, FAIL(LIBRARY_MISSING), "%s", words);
}
