/* Files in memory; see files.h. Defined here, and so the linker takes nothing of system/posix/. */
#include "files.h"

#include "disk.h"
#include "system/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 1024, LIST_MAX = 256 };

struct entry {
    struct entry *next; /* of the bucket */
    bool folder;
    bool locked;
    int lock;
    uint8_t *data;
    size_t size;
    struct disk_file *on_disk; /* instead of data */
    char path[];
};

static struct entry *buckets[BUCKETS];

static struct plan {
    char folder[PATH_SIZE]; /* "": nothing is planned */
    uint64_t nth;
    uint64_t seen;
    bool failed;
} plan;

enum { LOCKS_MAX = 16 };
static struct entry *locks[LOCKS_MAX];

/* ---- the table ---- */

static size_t bucket_of(const char *path)
{
    uint32_t hash = 2166136261U;
    for (const char *at = path; *at != 0; at++)
        hash = (hash ^ (uint8_t)*at) * 16777619U;
    return hash % BUCKETS;
}

static struct entry *find(const char *path)
{
    for (struct entry *entry = buckets[bucket_of(path)]; entry != NULL; entry = entry->next)
        if (strcmp(entry->path, path) == 0)
            return entry;
    return NULL;
}

static struct entry *make(const char *path)
{
    struct entry *entry = find(path);
    if (entry != NULL)
        return entry;
    const size_t length = strlen(path);
    entry = calloc(1, sizeof *entry + length + 1);
    if (entry == NULL)
        abort();
    memcpy(entry->path, path, length + 1);
    struct entry **const bucket = &buckets[bucket_of(path)];
    entry->next = *bucket;
    *bucket = entry;
    return entry;
}

static void drop(const char *path)
{
    for (struct entry **at = &buckets[bucket_of(path)]; *at != NULL; at = &(*at)->next) {
        struct entry *const entry = *at;
        if (strcmp(entry->path, path) != 0)
            continue;
        *at = entry->next;
        if (entry->locked)
            locks[entry->lock] = NULL;
        free(entry->data);
        free(entry);
        return;
    }
}

/* What stands behind FOLDER/ in the path, or NULL. */
static const char *below(const char *path, const char *folder)
{
    const size_t length = strlen(folder);
    return strncmp(path, folder, length) == 0 && path[length] == '/' ? path + length + 1 : NULL;
}

static bool is_state(const char *path)
{
    struct slice name = slice_of(path);
    return slice_cut_ending(&name, ".state");
}

static struct slice content_of(const struct entry *entry)
{
    return entry->on_disk != NULL ? disk_file_content(entry->on_disk) : slice_make(entry->data, entry->size);
}

static void put(struct entry *entry, struct slice content)
{
    if (is_state(entry->path)) {
        entry->on_disk = disk_file_make(entry->path, content);
        return;
    }
    uint8_t *const data = malloc(content.size > 0 ? content.size : 1);
    if (data == NULL)
        abort();
    if (content.size > 0)
        memcpy(data, content.data, content.size);
    free(entry->data);
    entry->data = data;
    entry->size = content.size;
}

/* ---- for the world ---- */

void files_clear(void)
{
    for (size_t i = 0; i < BUCKETS; i++)
        while (buckets[i] != NULL)
            drop(buckets[i]->path);
    plan = (struct plan){0};
}

/* The paths below a folder, in no order. Yours to free. */
static size_t paths_below(const char *folder, char ***ret_paths)
{
    size_t count = 0;
    size_t capacity = 64;
    char **paths = malloc(capacity * sizeof *paths);
    for (size_t i = 0; i < BUCKETS; i++)
        for (const struct entry *entry = buckets[i]; entry != NULL; entry = entry->next) {
            if (below(entry->path, folder) == NULL)
                continue;
            if (count == capacity)
                paths = reallocarray(paths, capacity *= 2, sizeof *paths);
            if (paths == NULL)
                abort();
            paths[count++] = strdup(entry->path);
        }
    *ret_paths = paths;
    return count;
}

void files_remove_below(const char *folder)
{
    char **paths = NULL;
    const size_t count = paths_below(folder, &paths);
    for (size_t i = 0; i < count; i++) {
        drop(paths[i]);
        free(paths[i]);
    }
    free(paths);
}

static void copy_one(const char *from, const char *to, const char *path)
{
    char target[PATH_SIZE];
    if (!is_ok(path_join(target, to, below(path, from))))
        abort();
    struct entry *const copy = make(target);
    const struct entry *const entry = find(path);
    copy->folder = entry->folder;
    if (!entry->folder)
        put(copy, content_of(entry));
}

void files_copy(const char *from, const char *to)
{
    char **paths = NULL;
    files_remove_below(to);
    const size_t count = paths_below(from, &paths);
    for (size_t i = 0; i < count; i++) {
        copy_one(from, to, paths[i]);
        free(paths[i]);
    }
    free(paths);
    make(to)->folder = true;
}

void files_plan(const char *folder, uint64_t nth)
{
    plan = (struct plan){.nth = nth};
    if (folder != NULL)
        snprintf(plan.folder, sizeof plan.folder, "%s", folder);
}

bool files_failed(void)
{
    return plan.failed;
}

struct slice files_content(const char *path)
{
    const struct entry *const entry = find(path);
    return entry == NULL || entry->folder ? slice_make(NULL, 0) : content_of(entry);
}

void files_put(const char *path, struct slice content)
{
    put(make(path), content);
}

/* ---- system/files.h ---- */

static RESULT check_write(const char *path, struct reason *reason)
{
    if (plan.folder[0] == 0 || below(path, plan.folder) == NULL || ++plan.seen < plan.nth)
        return RESULT_OK;
    plan.failed = true;
    return reason_say(reason, FAIL(FILE_WRITE), "%s: no space left on device", path);
}

RESULT file_read(const char *path, struct buffer *out, struct reason *reason)
{
    const struct entry *const entry = find(path);
    if (entry == NULL || entry->folder)
        return reason_say(reason, FAIL(FILE_READ), "%s: no such file", path);
    const struct slice content = content_of(entry);
    buffer_append_slice(out, content);
    const struct result state = buffer_status(out);
    return result_code(state) == ERR_TEXT_TOO_LONG ? FAIL(FILE_TOO_LARGE) : state;
}

/* There are no pipes here. */
RESULT file_read_kept(const char *path, struct buffer *out, struct reason *reason)
{
    return file_read(path, out, reason);
}

RESULT file_write(const char *path, struct slice content, unsigned mode, struct reason *reason)
{
    (void)mode;
    TRY(check_write(path, reason));
    put(make(path), content);
    return RESULT_OK;
}

RESULT file_write_kept(const char *path, struct slice content, unsigned mode, struct reason *reason)
{
    return file_write(path, content, mode, reason);
}

RESULT file_create(const char *path, struct slice content, unsigned mode, struct reason *reason)
{
    ENSURE(find(path) == NULL, FILE_EXISTS);
    return file_write(path, content, mode, reason);
}

RESULT file_remove(const char *path, struct reason *reason)
{
    TRY(check_write(path, reason));
    drop(path);
    return RESULT_OK;
}

bool file_exists(const char *path)
{
    return find(path) != NULL;
}

RESULT folder_make(const char *path, unsigned mode, struct reason *reason)
{
    (void)mode;
    if (find(path) != NULL)
        return RESULT_OK;
    TRY(check_write(path, reason));
    char part[PATH_SIZE];
    snprintf(part, sizeof part, "%s", path);
    for (char *at = part + 1; *at != 0; at++) {
        if (*at != '/')
            continue;
        *at = 0;
        make(part)->folder = true;
        *at = '/';
    }
    make(part)->folder = true;
    return RESULT_OK;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

RESULT folder_list(const char *path, RESULT (*each)(void *context, const char *name), void *context,
                   struct reason *reason)
{
    char *names[LIST_MAX];
    size_t count = 0;
    (void)reason;
    for (size_t i = 0; i < BUCKETS; i++)
        for (const struct entry *entry = buckets[i]; entry != NULL; entry = entry->next) {
            const char *const name = below(entry->path, path);
            if (name == NULL || name[0] == '.' || strchr(name, '/') != NULL)
                continue;
            if (count == LIST_MAX)
                abort();
            names[count++] = strdup(name);
        }
    qsort(names, count, sizeof *names, by_bytes);
    struct result state = RESULT_OK;
    for (size_t i = 0; i < count; i++) {
        if (is_ok(state))
            state = each(context, names[i]);
        free(names[i]);
    }
    return state;
}

/* Nobody else can hold it: there is one thread, and whoever takes a lock twice would wait for himself. */
RESULT file_lock(const char *path, unsigned wait_milliseconds, int *ret_lock, struct reason *reason)
{
    (void)wait_milliseconds;
    struct entry *const entry = make(path);
    if (entry->locked)
        return reason_say(reason, FAIL(LOCKED), "%s: held", path);
    int lock = 0;
    while (lock < LOCKS_MAX && locks[lock] != NULL)
        lock++;
    if (lock == LOCKS_MAX)
        abort();
    locks[lock] = entry;
    entry->locked = true;
    entry->lock = lock;
    *ret_lock = lock;
    return RESULT_OK;
}

void file_unlock(int lock)
{
    if (lock < 0 || locks[lock] == NULL)
        return;
    locks[lock]->locked = false;
    locks[lock] = NULL;
}

RESULT file_hold(const char *path, unsigned wait_milliseconds, struct file_hold *ret_hold, struct reason *reason)
{
    *ret_hold = (struct file_hold)FILE_HOLD_NONE;
    return file_lock(path, wait_milliseconds, &ret_hold->descriptor, reason);
}

void file_let_go(const struct file_hold *hold)
{
    file_unlock(hold->descriptor);
}
