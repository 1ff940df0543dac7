/* The disk in memory as a file system of SQLite; see disk.h. */
#include "disk_files.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum { SECTOR_SIZE = 4096 };

/* An open file, in memory that SQLite gives. */
struct handle {
    sqlite3_file base;
    struct disk_file *file;
    bool settles_names; /* at its next sync */
    int lock;           /* SQLITE_LOCK_... */
    bool maps;
};

static struct handle *handle_of(sqlite3_file *file)
{
    return (struct handle *)file;
}

/* ---- bytes ---- */

static int handle_read(sqlite3_file *file, void *data, int size, sqlite3_int64 offset)
{
    const struct disk_bytes *const bytes = &handle_of(file)->file->shown;
    const size_t from = (size_t)offset;
    const size_t wanted = (size_t)size;
    if (disk_stopped())
        return SQLITE_IOERR_READ;
    disk_enter();
    const size_t there = from < bytes->size ? bytes->size - from : 0;
    const size_t got = there < wanted ? there : wanted;
    if (got > 0)
        memcpy(data, bytes->data + from, got);
    disk_leave();
    memset((uint8_t *)data + got, 0, wanted - got);
    return got == wanted ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

/* A write that fails has written half. */
static int handle_write(sqlite3_file *file, const void *data, int size, sqlite3_int64 offset)
{
    disk_enter();
    const enum disk_fate fate = disk_call(DISK_WRITE);
    if (fate != DISK_CALL_LOST)
        disk_put(handle_of(file)->file, (size_t)offset, data, (size_t)(fate == DISK_CALL_FAILS ? size / 2 : size));
    disk_leave();
    return fate == DISK_CALL_WORKS ? SQLITE_OK : fate == DISK_CALL_FAILS ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

static int handle_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    disk_enter();
    const enum disk_fate fate = disk_call(DISK_TRUNCATE);
    if (fate == DISK_CALL_WORKS)
        disk_cut(handle_of(file)->file, (size_t)size);
    disk_leave();
    return fate == DISK_CALL_WORKS ? SQLITE_OK : SQLITE_IOERR_TRUNCATE;
}

static int handle_sync(sqlite3_file *file, int flags)
{
    struct handle *const handle = handle_of(file);
    (void)flags;
    disk_enter();
    const enum disk_fate fate = disk_call(DISK_SYNC);
    if (fate == DISK_CALL_FAILS)
        disk_forsake(handle->file);
    if (fate == DISK_CALL_WORKS) {
        disk_settle(handle->file);
        if (handle->settles_names)
            disk_settle_names();
        handle->settles_names = false;
    }
    disk_leave();
    return fate == DISK_CALL_WORKS ? SQLITE_OK : SQLITE_IOERR_FSYNC;
}

static int handle_size(sqlite3_file *file, sqlite3_int64 *ret_size)
{
    if (disk_stopped())
        return SQLITE_IOERR_FSTAT;
    disk_enter();
    *ret_size = (sqlite3_int64)handle_of(file)->file->shown.size;
    disk_leave();
    return SQLITE_OK;
}

/* ---- locks ---- */

/* Whether the lock can be taken; one that waits for readers to go is pending meanwhile. */
static bool take_lock(struct handle *handle, int lock)
{
    struct disk_sharing *const sharing = &handle->file->sharing;
    if (lock == SQLITE_LOCK_SHARED) {
        if (sharing->pending && sharing->owner != handle)
            return false;
        sharing->readers++;
        return true;
    }
    if (sharing->owner != NULL && sharing->owner != handle)
        return false;
    sharing->owner = handle;
    if (lock == SQLITE_LOCK_RESERVED)
        return true;
    sharing->pending = true;
    return sharing->readers == 1;
}

static int handle_lock(sqlite3_file *file, int lock)
{
    struct handle *const handle = handle_of(file);
    if (handle->lock >= lock)
        return SQLITE_OK;
    disk_enter();
    const bool taken = take_lock(handle, lock);
    disk_leave();
    if (taken)
        handle->lock = lock;
    return taken ? SQLITE_OK : SQLITE_BUSY;
}

static int handle_unlock(sqlite3_file *file, int lock)
{
    struct handle *const handle = handle_of(file);
    struct disk_sharing *const sharing = &handle->file->sharing;
    if (handle->lock <= lock)
        return SQLITE_OK;
    disk_enter();
    if (sharing->owner == handle) {
        sharing->owner = NULL;
        sharing->pending = false;
    }
    if (lock == SQLITE_LOCK_NONE)
        sharing->readers--;
    disk_leave();
    handle->lock = lock;
    return SQLITE_OK;
}

static int handle_reserved(sqlite3_file *file, int *ret_reserved)
{
    disk_enter();
    *ret_reserved = handle_of(file)->file->sharing.owner != NULL;
    disk_leave();
    return SQLITE_OK;
}

/* ---- shared memory ---- */

static int handle_map(sqlite3_file *file, int region, int size, int extends, void volatile **ret_memory)
{
    struct handle *const handle = handle_of(file);
    struct disk_sharing *const sharing = &handle->file->sharing;
    *ret_memory = NULL;
    if (region >= DISK_REGIONS_MAX)
        return SQLITE_NOMEM;
    disk_enter();
    if (!handle->maps)
        sharing->mappings++;
    handle->maps = true;
    if (sharing->regions[region] == NULL && extends != 0)
        sharing->regions[region] = calloc(1, (size_t)size);
    *ret_memory = sharing->regions[region];
    disk_leave();
    return *ret_memory == NULL && extends != 0 ? SQLITE_NOMEM : SQLITE_OK;
}

static int handle_unmap(sqlite3_file *file, int removes)
{
    struct handle *const handle = handle_of(file);
    struct disk_sharing *const sharing = &handle->file->sharing;
    (void)removes;
    if (!handle->maps)
        return SQLITE_OK;
    disk_enter();
    handle->maps = false;
    sharing->mappings--;
    for (size_t i = 0; sharing->mappings == 0 && i < DISK_REGIONS_MAX; i++) {
        free(sharing->regions[i]);
        sharing->regions[i] = NULL;
    }
    disk_leave();
    return SQLITE_OK;
}

static bool slot_is_free(const struct disk_sharing *sharing, const struct handle *handle, int slot, bool exclusive)
{
    if (sharing->holders[slot] != NULL && sharing->holders[slot] != handle)
        return false;
    return !exclusive || sharing->sharers[slot] == 0;
}

static void turn_slot(struct disk_sharing *sharing, const struct handle *handle, int slot, int flags)
{
    const bool lock = (flags & SQLITE_SHM_LOCK) != 0;
    if ((flags & SQLITE_SHM_EXCLUSIVE) != 0)
        sharing->holders[slot] = lock ? handle : NULL;
    else if (lock)
        sharing->sharers[slot]++;
    else
        sharing->sharers[slot]--;
}

static int handle_map_lock(sqlite3_file *file, int offset, int count, int flags)
{
    const struct handle *const handle = handle_of(file);
    struct disk_sharing *const sharing = &handle->file->sharing;
    bool turns = true;
    disk_enter();
    for (int slot = offset; (flags & SQLITE_SHM_LOCK) != 0 && slot < offset + count; slot++)
        turns = turns && slot_is_free(sharing, handle, slot, (flags & SQLITE_SHM_EXCLUSIVE) != 0);
    for (int slot = offset; turns && slot < offset + count; slot++)
        turn_slot(sharing, handle, slot, flags);
    disk_leave();
    return turns ? SQLITE_OK : SQLITE_BUSY;
}

static void handle_barrier(sqlite3_file *file)
{
    (void)file;
    disk_enter();
    disk_leave();
}

/* ---- the rest of a file ---- */

static int handle_close(sqlite3_file *file)
{
    handle_unmap(file, 1);
    handle_unlock(file, SQLITE_LOCK_NONE);
    disk_enter();
    handle_of(file)->file->handles--;
    disk_leave();
    return SQLITE_OK;
}

static int handle_control(sqlite3_file *file, int operation, void *argument)
{
    (void)file;
    (void)operation;
    (void)argument;
    return SQLITE_NOTFOUND;
}

static int handle_sector(sqlite3_file *file)
{
    (void)file;
    return SECTOR_SIZE;
}

/* As SQLite's own system files say: a write touches no bytes but those it is about. */
static int handle_characteristics(sqlite3_file *file)
{
    (void)file;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static const sqlite3_io_methods handle_methods = {
    .iVersion = 2,
    .xClose = handle_close,
    .xRead = handle_read,
    .xWrite = handle_write,
    .xTruncate = handle_truncate,
    .xSync = handle_sync,
    .xFileSize = handle_size,
    .xLock = handle_lock,
    .xUnlock = handle_unlock,
    .xCheckReservedLock = handle_reserved,
    .xFileControl = handle_control,
    .xSectorSize = handle_sector,
    .xDeviceCharacteristics = handle_characteristics,
    .xShmMap = handle_map,
    .xShmLock = handle_map_lock,
    .xShmBarrier = handle_barrier,
    .xShmUnmap = handle_unmap,
};

/* ---- names ---- */

/* The file of that name, made where it may be. The store makes a new database's file before SQLite opens it, so that a
 * database is always there. */
static struct disk_file *file_for(const char *text, int flags)
{
    if (text == NULL)
        return disk_file_new();
    struct disk_name *const name = disk_name(text, true);
    if (name->shown == NULL && (flags & (SQLITE_OPEN_CREATE | SQLITE_OPEN_MAIN_DB)) != 0)
        name->shown = disk_file_new();
    return name->shown;
}

static int vfs_open(sqlite3_vfs *vfs, sqlite3_filename text, sqlite3_file *base, int flags, int *ret_flags)
{
    struct handle *const handle = handle_of(base);
    (void)vfs;
    *handle = (struct handle){0};
    disk_enter();
    if (disk_call(DISK_OPEN) == DISK_CALL_WORKS)
        handle->file = file_for(text, flags);
    if (handle->file != NULL)
        handle->file->handles++;
    disk_leave();
    if (handle->file == NULL)
        return SQLITE_CANTOPEN;
    handle->base.pMethods = &handle_methods;
    handle->settles_names =
        (flags & SQLITE_OPEN_CREATE) != 0 && (flags & (SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL)) != 0;
    if (ret_flags != NULL)
        *ret_flags = flags;
    return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *text, int settles)
{
    (void)vfs;
    int status = SQLITE_IOERR_DELETE;
    disk_enter();
    struct disk_name *const name = disk_name(text, false);
    if (disk_call(DISK_DELETE) == DISK_CALL_WORKS) {
        status = name == NULL || name->shown == NULL ? SQLITE_IOERR_DELETE_NOENT : SQLITE_OK;
        if (name != NULL)
            name->shown = NULL;
        if (settles != 0)
            disk_settle_names();
    }
    disk_leave();
    return status;
}

/* As SQLite's own system files do it: an empty file is none. */
static int vfs_access(sqlite3_vfs *vfs, const char *text, int flags, int *ret_there)
{
    const struct disk_file *const file = disk_file_find(text);
    (void)vfs;
    disk_enter();
    *ret_there = file != NULL && (flags != SQLITE_ACCESS_EXISTS || file->shown.size > 0);
    disk_leave();
    return SQLITE_OK;
}

static int vfs_full_name(sqlite3_vfs *vfs, const char *text, int size, char *ret_text)
{
    (void)vfs;
    sqlite3_snprintf(size, ret_text, "%s", text);
    return SQLITE_OK;
}

const char *disk_vfs(void)
{
    static sqlite3_vfs vfs;
    if (vfs.zName == NULL) {
        vfs = *sqlite3_vfs_find(NULL); /* for time, randomness and sleep */
        vfs.zName = "disk";
        vfs.pNext = NULL;
        vfs.szOsFile = sizeof(struct handle);
        vfs.mxPathname = DISK_NAME_SIZE - 1;
        vfs.xOpen = vfs_open;
        vfs.xDelete = vfs_delete;
        vfs.xAccess = vfs_access;
        vfs.xFullPathname = vfs_full_name;
        sqlite3_vfs_register(&vfs, 0);
    }
    return vfs.zName;
}
