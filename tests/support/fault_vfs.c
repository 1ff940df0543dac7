/* SQLite's files with faults in them; see fault_vfs.h. */
#include "fault_vfs.h"

#include <sqlite3.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

static sqlite3_vfs *real;
static sqlite3_vfs faulty;

/* The system's methods come in a few kinds that differ in locking; each is copied once, with the calls below in it. */
enum { KINDS_MAX = 8 };
static struct {
    const sqlite3_io_methods *real;
    sqlite3_io_methods patched;
} kinds[KINDS_MAX];

/* A test sets them while an engine's thread may read. */
static _Atomic(enum fault) present;
static atomic_uint calls_left;
static atomic_bool failed;
static bool opens_read_only;

static bool fails(enum fault fault)
{
    if (present != fault)
        return false;
    if (calls_left > 0) {
        calls_left--;
        return false;
    }
    failed = true;
    return true;
}

static const sqlite3_io_methods *real_methods(const sqlite3_file *file)
{
    size_t i = 0;
    while (&kinds[i].patched != file->pMethods)
        i++;
    return kinds[i].real;
}

static int faulty_write(sqlite3_file *file, const void *data, int size, sqlite3_int64 offset)
{
    return fails(FAULT_WRITE) ? SQLITE_FULL : real_methods(file)->xWrite(file, data, size, offset);
}

static int faulty_sync(sqlite3_file *file, int flags)
{
    return fails(FAULT_SYNC) ? SQLITE_IOERR_FSYNC : real_methods(file)->xSync(file, flags);
}

static int faulty_read(sqlite3_file *file, void *data, int size, sqlite3_int64 offset)
{
    return fails(FAULT_READ) ? SQLITE_IOERR_READ : real_methods(file)->xRead(file, data, size, offset);
}

static int faulty_size(sqlite3_file *file, sqlite3_int64 *ret_size)
{
    return fails(FAULT_SIZE) ? SQLITE_IOERR_FSTAT : real_methods(file)->xFileSize(file, ret_size);
}

static int faulty_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags, int *ret_flags)
{
    (void)vfs;
    if (opens_read_only)
        flags = (flags & ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)) | SQLITE_OPEN_READONLY;
    const int status = real->xOpen(real, name, file, flags, ret_flags);
    if (file->pMethods == NULL)
        return status;
    size_t i = 0;
    while (i < KINDS_MAX - 1 && kinds[i].real != NULL && kinds[i].real != file->pMethods)
        i++;
    kinds[i].real = file->pMethods;
    kinds[i].patched = *file->pMethods;
    kinds[i].patched.xWrite = faulty_write;
    kinds[i].patched.xSync = faulty_sync;
    kinds[i].patched.xRead = faulty_read;
    kinds[i].patched.xFileSize = faulty_size;
    file->pMethods = &kinds[i].patched;
    return status;
}

const char *fault_vfs(void)
{
    if (real == NULL) {
        real = sqlite3_vfs_find(NULL);
        faulty = *real;
        faulty.zName = "faulty";
        faulty.pNext = NULL;
        faulty.xOpen = faulty_open;
        sqlite3_vfs_register(&faulty, 0);
    }
    return faulty.zName;
}

void fault_set(enum fault fault, unsigned after)
{
    present = fault;
    calls_left = after;
    failed = false;
}

bool fault_happened(void)
{
    return failed;
}

void fault_read_only(bool read_only)
{
    opens_read_only = read_only;
}
