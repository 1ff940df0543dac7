/* The disk in memory: what is kept, planned, lost; see disk.h. Its side towards SQLite is disk_vfs.c. */
#include "disk_files.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static struct disk {
    struct disk_name *names;
    struct disk_file *files;
    unsigned calls; /* planned: kinds, */
    uint64_t nth;   /* number, */
    enum disk_effect effect;
    uint64_t seen; /* and how many came */
    bool happened;
    bool stopped;
} disk;

static pthread_mutex_t entry = PTHREAD_MUTEX_INITIALIZER;

void disk_enter(void)
{
    pthread_mutex_lock(&entry);
}

void disk_leave(void)
{
    pthread_mutex_unlock(&entry);
}

/* ---- bytes ---- */

/* By reallocarray() alone, which failing_memory.c leaves as it is: a test that lets memory run out means that of what
 * it tests. */
static void *allocate(size_t size)
{
    void *const memory = reallocarray(NULL, size > 0 ? size : 1, 1);
    if (memory == NULL)
        abort();
    return memset(memory, 0, size);
}

static void bytes_resize(struct disk_bytes *bytes, size_t size)
{
    if (size > bytes->capacity) {
        const size_t capacity = 2 * size;
        uint8_t *const data = reallocarray(bytes->data, capacity, 1);
        if (data == NULL)
            abort();
        memset(data + bytes->capacity, 0, capacity - bytes->capacity);
        bytes->data = data;
        bytes->capacity = capacity;
    }
    if (size < bytes->size)
        memset(bytes->data + size, 0, bytes->size - size);
    bytes->size = size;
}

static void bytes_write(struct disk_bytes *bytes, size_t offset, const void *data, size_t size)
{
    if (size == 0)
        return;
    if (offset + size > bytes->size)
        bytes_resize(bytes, offset + size);
    memcpy(bytes->data + offset, data, size);
}

static void bytes_copy(struct disk_bytes *to, const struct disk_bytes *from)
{
    bytes_resize(to, 0);
    bytes_write(to, 0, from->data, from->size);
}

/* ---- files ---- */

struct disk_file *disk_file_new(void)
{
    struct disk_file *const file = allocate(sizeof *file);
    file->last = &file->first;
    file->next = disk.files;
    disk.files = file;
    return file;
}

static void drop_changes(struct disk_file *file)
{
    while (file->first != NULL) {
        struct disk_change *const change = file->first;
        file->first = change->next;
        free(change);
    }
    file->last = &file->first;
}

static void add_change(struct disk_file *file, bool truncates, size_t offset, const void *data, size_t size)
{
    struct disk_change *const change = allocate(sizeof *change + size);
    change->truncates = truncates;
    change->offset = offset;
    change->size = size;
    if (size > 0)
        memcpy(change->data, data, size);
    *file->last = change;
    file->last = &change->next;
}

void disk_put(struct disk_file *file, size_t offset, const void *data, size_t size)
{
    bytes_write(&file->shown, offset, data, size);
    add_change(file, false, offset, data, size);
}

void disk_cut(struct disk_file *file, size_t size)
{
    bytes_resize(&file->shown, size);
    add_change(file, true, size, NULL, 0);
}

void disk_settle(struct disk_file *file)
{
    for (const struct disk_change *change = file->first; change != NULL; change = change->next) {
        if (change->truncates)
            bytes_resize(&file->kept, change->offset);
        else
            bytes_write(&file->kept, change->offset, change->data, change->size);
    }
    drop_changes(file);
}

void disk_forsake(struct disk_file *file)
{
    drop_changes(file);
}

static void free_file(struct disk_file *file)
{
    drop_changes(file);
    free(file->shown.data);
    free(file->kept.data);
    free(file);
}

/* ---- names ---- */

struct disk_name *disk_name(const char *text, bool make)
{
    for (struct disk_name *name = disk.names; name != NULL; name = name->next)
        if (strcmp(name->text, text) == 0)
            return name;
    if (!make)
        return NULL;
    struct disk_name *const name = allocate(sizeof *name);
    const size_t length = strlen(text);
    assert(length < sizeof name->text);
    memcpy(name->text, text, length + 1);
    name->next = disk.names;
    disk.names = name;
    return name;
}

void disk_settle_names(void)
{
    for (struct disk_name *name = disk.names; name != NULL; name = name->next)
        name->kept = name->shown;
}

/* ---- plans ---- */

void disk_plan(unsigned calls, uint64_t nth, enum disk_effect effect)
{
    disk_enter();
    disk.calls = calls;
    disk.nth = nth;
    disk.effect = effect;
    disk.seen = 0;
    disk.happened = false;
    disk_leave();
}

bool disk_happened(void)
{
    disk_enter();
    const bool value = disk.happened;
    disk_leave();
    return value;
}

bool disk_stopped(void)
{
    disk_enter();
    const bool value = disk.stopped;
    disk_leave();
    return value;
}

uint64_t disk_calls(void)
{
    disk_enter();
    const uint64_t value = disk.seen;
    disk_leave();
    return value;
}

enum disk_fate disk_call(enum disk_call call)
{
    if (disk.stopped)
        return DISK_CALL_LOST;
    if ((disk.calls & call) == 0)
        return DISK_CALL_WORKS;
    disk.seen++;
    if (disk.nth == 0 || disk.seen < disk.nth || (disk.seen > disk.nth && disk.effect != DISK_FAILS_ON))
        return DISK_CALL_WORKS;
    disk.happened = true;
    switch (disk.effect) {
    case DISK_STOPS_BEFORE:
        disk.stopped = true;
        return DISK_CALL_LOST;
    case DISK_STOPS_AFTER:
        disk.stopped = true;
        return DISK_CALL_WORKS;
    case DISK_FAILS_ONCE:
    case DISK_FAILS_ON:
        break;
    }
    return DISK_CALL_FAILS;
}

/* ---- losses ---- */

/* splitmix64 */
static uint64_t draw(uint64_t *state)
{
    uint64_t value = *state += UINT64_C(0x9e3779b97f4a7c15);
    value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
    return value ^ value >> 31;
}

/* Each sector of a write reaches the disk or does not, and one in eight of those that do is torn. */
static void write_some(struct disk_file *file, const struct disk_change *change, uint64_t *random)
{
    const size_t sector = draw(random) % 2 == 0 ? 512 : 4096;
    size_t done = 0;
    while (done < change->size) {
        const size_t room = sector - (change->offset + done) % sector;
        const size_t part = change->size - done < room ? change->size - done : room;
        const uint64_t fate = draw(random);
        if (fate % 2 == 0)
            bytes_write(&file->kept, change->offset + done, change->data + done,
                        fate / 2 % 8 == 0 ? (size_t)(fate / 16 % part) : part);
        done += part;
    }
}

static void lose_some(uint64_t *random)
{
    for (struct disk_file *file = disk.files; file != NULL; file = file->next)
        for (const struct disk_change *change = file->first; change != NULL; change = change->next) {
            if (!change->truncates)
                write_some(file, change, random);
            else if (draw(random) % 2 == 0)
                bytes_resize(&file->kept, change->offset);
        }
    for (struct disk_name *name = disk.names; name != NULL; name = name->next)
        if (draw(random) % 2 == 0)
            name->kept = name->shown;
}

static bool is_named(const struct disk_file *file)
{
    for (const struct disk_name *name = disk.names; name != NULL; name = name->next)
        if (name->shown == file || name->kept == file)
            return true;
    return false;
}

static void free_unnamed(void)
{
    struct disk_file **at = &disk.files;
    while (*at != NULL) {
        struct disk_file *const file = *at;
        assert(file->handles == 0);
        if (is_named(file)) {
            at = &file->next;
            continue;
        }
        *at = file->next;
        free_file(file);
    }
}

void disk_killed(void)
{
    disk_plan(0, 0, DISK_FAILS_ONCE);
    disk.stopped = false;
    free_unnamed();
}

void disk_power_off(enum disk_loss loss, uint64_t seed)
{
    if (loss == DISK_LOSES_SOME)
        lose_some(&seed);
    for (struct disk_name *name = disk.names; name != NULL; name = name->next)
        name->shown = name->kept;
    for (struct disk_file *file = disk.files; file != NULL; file = file->next) {
        drop_changes(file);
        bytes_copy(&file->shown, &file->kept);
    }
    disk_killed();
}

void disk_erase(void)
{
    while (disk.names != NULL) {
        struct disk_name *const name = disk.names;
        disk.names = name->next;
        free(name);
    }
    disk_killed();
}

/* ---- the signer's state ---- */

struct disk_file *disk_file_find(const char *text)
{
    disk_enter();
    const struct disk_name *const name = disk_name(text, false);
    struct disk_file *const file = name == NULL ? NULL : name->shown;
    disk_leave();
    return file;
}

struct disk_file *disk_file_make(const char *text, struct slice content)
{
    disk_enter();
    struct disk_name *const name = disk_name(text, true);
    struct disk_file *const file = disk_file_new();
    name->shown = name->kept = file;
    disk_put(file, 0, content.data, content.size);
    disk_settle(file);
    disk_leave();
    return file;
}

struct slice disk_file_content(const struct disk_file *file)
{
    return slice_make(file->shown.data, file->shown.size);
}

RESULT disk_file_write(void *file, size_t offset, const void *data, size_t size)
{
    disk_enter();
    const enum disk_fate fate = disk_call(DISK_STATE_WRITE);
    if (fate != DISK_CALL_LOST)
        disk_put(file, offset, data, fate == DISK_CALL_FAILS ? size / 2 : size);
    disk_leave();
    return fate == DISK_CALL_WORKS ? RESULT_OK : FAIL(FILE_WRITE);
}

RESULT disk_file_sync(void *file)
{
    disk_enter();
    const enum disk_fate fate = disk_call(DISK_STATE_SYNC);
    if (fate == DISK_CALL_FAILS)
        disk_forsake(file);
    if (fate == DISK_CALL_WORKS)
        disk_settle(file);
    disk_leave();
    return fate == DISK_CALL_WORKS ? RESULT_OK : FAIL(FILE_WRITE);
}
