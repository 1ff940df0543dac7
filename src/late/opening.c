/* Opening a library; see opening.h. */
#include "opening.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

enum { WORDS_SIZE = 256 };

/* The system gives a function's address as that of an object, as long and of the same form. */
static bool find_calls(const struct late_library *library, void *opened)
{
    char *call = library->calls;
    for (size_t i = 0; library->names[i] != NULL; i++, call += sizeof(void *)) {
        void *const found = dlsym(opened, library->names[i]);
        if (found == NULL)
            return false;
        memcpy(call, &found, sizeof found);
    }
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
