/* Files in memory; see memory.h. */
#include "memory.h"

#include "base/secret.h"
#include "system/files.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct file {
    char path[PATH_SIZE];
    uint8_t *content; /* secret_new(); NULL where it is empty */
    size_t size;
};

static struct {
    pthread_mutex_t guard;                /* of the files */
    pthread_mutex_t changes;              /* memory_lock() */
    struct file *files[MEMORY_FILES_MAX]; /* ascending by their paths */
    size_t count;
} memory = {.guard = PTHREAD_MUTEX_INITIALIZER, .changes = PTHREAD_MUTEX_INITIALIZER};

/* Where the path is, or where it would stand. With the guard, as what follows. */
static size_t place_of(const char *path, bool *ret_found)
{
    size_t low = 0;
    size_t high = memory.count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (strcmp(memory.files[middle]->path, path) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_found = low < memory.count && strcmp(memory.files[low]->path, path) == 0;
    return low;
}

static void file_free(struct file *file)
{
    if (file != NULL)
        secret_free(file->content);
    free(file);
}

static RESULT file_new(const char *path, struct slice content, struct file **ret_file)
{
    struct file *file = calloc(1, sizeof *file);
    ENSURE(file != NULL, NO_MEMORY);
    struct result outcome = slice_copy_text(slice_of(path), file->path, sizeof file->path);
    if (is_ok(outcome) && content.size > 0 && (file->content = secret_new(content.size)) == NULL)
        outcome = FAIL(NO_MEMORY);
    if (!is_ok(outcome)) {
        file_free(file);
        return outcome;
    }
    if (content.size > 0)
        memcpy(file->content, content.data, content.size);
    file->size = content.size;
    *ret_file = file;
    return RESULT_OK;
}

static RESULT put(struct file *file)
{
    bool found = false;
    const size_t at = place_of(file->path, &found);
    if (found) {
        file_free(memory.files[at]);
    } else {
        ENSURE(memory.count < MEMORY_FILES_MAX, FILE_WRITE);
        for (size_t i = memory.count++; i > at; i--)
            memory.files[i] = memory.files[i - 1];
    }
    memory.files[at] = file;
    return RESULT_OK;
}

RESULT memory_write(const char *path, struct slice content)
{
    struct file *file = NULL;
    TRY(file_new(path, content, &file));
    pthread_mutex_lock(&memory.guard);
    const struct result outcome = put(file);
    pthread_mutex_unlock(&memory.guard);
    if (!is_ok(outcome))
        file_free(file);
    return outcome;
}

RESULT memory_read(const char *path, struct buffer *out)
{
    bool found = false;
    struct result outcome = FAIL(FILE_READ);
    pthread_mutex_lock(&memory.guard);
    const size_t at = place_of(path, &found);
    if (found) {
        buffer_append(out, memory.files[at]->content, memory.files[at]->size);
        outcome = is_ok(buffer_status(out)) ? RESULT_OK : FAIL(FILE_TOO_LARGE);
    }
    pthread_mutex_unlock(&memory.guard);
    return outcome;
}

void memory_remove(const char *path)
{
    bool found = false;
    pthread_mutex_lock(&memory.guard);
    const size_t at = place_of(path, &found);
    if (found) {
        file_free(memory.files[at]);
        memory.count--;
        for (size_t i = at; i < memory.count; i++)
            memory.files[i] = memory.files[i + 1];
    }
    pthread_mutex_unlock(&memory.guard);
}

/* What stands behind "FOLDER/"; NULL where the path is not below the folder. */
static const char *below(const char *path, const char *folder)
{
    const size_t size = strlen(folder);
    return strncmp(path, folder, size) == 0 && path[size] == '/' ? path + size + 1 : NULL;
}

bool memory_exists(const char *path)
{
    bool found = false;
    pthread_mutex_lock(&memory.guard);
    (void)place_of(path, &found);
    for (size_t i = 0; i < memory.count && !found; i++)
        found = below(memory.files[i]->path, path) != NULL;
    pthread_mutex_unlock(&memory.guard);
    return found;
}

/* The name behind `after` in the folder ("": the first), which is not hidden; names come in the order of their bytes.
 */
static bool next_name(const char *folder, const char *after, char ret_name[static PATH_SIZE])
{
    bool found = false;
    pthread_mutex_lock(&memory.guard);
    for (size_t i = 0; i < memory.count; i++) {
        const char *const rest = below(memory.files[i]->path, folder);
        char name[PATH_SIZE];
        if (rest == NULL || rest[0] == '.' ||
            !is_ok(slice_copy_text(slice_make(rest, strcspn(rest, "/")), name, sizeof name)))
            continue;
        if (strcmp(name, after) > 0 && (!found || strcmp(name, ret_name) < 0)) {
            memcpy(ret_name, name, sizeof name);
            found = true;
        }
    }
    pthread_mutex_unlock(&memory.guard);
    return found;
}

/* The guard is not held while `each` works, which may change what is here. */
RESULT memory_list(const char *path, RESULT (*each)(void *context, const char *name), void *context)
{
    char name[PATH_SIZE];
    char after[PATH_SIZE] = "";
    while (next_name(path, after, name)) {
        memcpy(after, name, sizeof after);
        TRY(each(context, name));
    }
    return RESULT_OK;
}

RESULT memory_lock(unsigned wait_milliseconds)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += wait_milliseconds / 1000;
    until.tv_nsec += (long)(wait_milliseconds % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    ENSURE(pthread_mutex_timedlock(&memory.changes, &until) == 0, LOCKED);
    return RESULT_OK;
}

void memory_unlock(void)
{
    pthread_mutex_unlock(&memory.changes);
}
