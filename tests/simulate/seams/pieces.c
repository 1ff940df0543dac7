/* Files that are too large to hold, for backups: what is read and written piece by piece stands in a file of the
 * kernel's memory meanwhile. Those of the host's folder are in memory or on its disk; a copy that SQLite has made is
 * real. */
#include "files.h"

#include "disk.h"
#include "system/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static RESULT write_all(int file, struct slice bytes)
{
    while (bytes.size > 0) {
        const ssize_t written = write(file, bytes.data, bytes.size);
        ENSURE(written > 0, FILE_WRITE);
        bytes = slice_make(bytes.data + written, bytes.size - (size_t)written);
    }
    return RESULT_OK;
}

/* ---- reading ---- */

static struct slice content_of(const char *path)
{
    const struct disk_file *const on_disk = disk_file_find(path);
    return on_disk != NULL ? disk_file_content(on_disk) : files_content(path);
}

static int open_shown(struct slice content)
{
    const int file = memfd_create("pieces", MFD_CLOEXEC);
    if (file < 0 || !is_ok(write_all(file, content)) || lseek(file, 0, SEEK_SET) != 0)
        abort();
    return file;
}

RESULT file_pieces(const char *path, int *ret_file, uint64_t *ret_size, struct reason *reason)
{
    struct stat about;
    const struct slice content = content_of(path);
    const int file = content.data != NULL ? open_shown(content) : open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &about) != 0)
        return reason_say(reason, FAIL(FILE_READ), "%s: %s", path, strerror(errno));
    *ret_file = file;
    *ret_size = (uint64_t)about.st_size;
    return RESULT_OK;
}

RESULT file_piece(int file, const char *path, uint8_t *bytes, size_t size, size_t *ret_size, struct reason *reason)
{
    const ssize_t got = read(file, bytes, size);
    if (got < 0)
        return reason_say(reason, FAIL(FILE_READ), "%s: %s", path, strerror(errno));
    *ret_size = (size_t)got;
    return RESULT_OK;
}

void file_pieces_end(int file)
{
    if (file >= 0)
        close(file);
}

/* ---- drafts ---- */

RESULT file_draft_begin(const char *path, unsigned mode, struct file_draft *ret_draft, struct reason *reason)
{
    (void)mode;
    (void)reason;
    *ret_draft = (struct file_draft){.folder = -1, .file = open_shown(slice_make(NULL, 0))};
    return slice_copy_text(slice_of(path), ret_draft->path, sizeof ret_draft->path);
}

RESULT file_draft_add(const struct file_draft *draft, struct slice bytes, struct reason *reason)
{
    (void)reason;
    return write_all(draft->file, bytes);
}

RESULT file_draft_sync(const struct file_draft *draft, struct reason *reason)
{
    (void)reason;
    return lseek(draft->file, 0, SEEK_SET) == 0 ? RESULT_OK : FAIL(FILE_WRITE);
}

RESULT file_draft_keep(struct file_draft *draft, struct reason *reason)
{
    struct stat about;
    (void)reason;
    if (fstat(draft->file, &about) != 0)
        abort();
    const size_t size = (size_t)about.st_size;
    uint8_t *const bytes = malloc(size + 1);
    if (bytes == NULL || pread(draft->file, bytes, size, 0) != about.st_size)
        abort();
    files_put(draft->path, slice_make(bytes, size));
    free(bytes);
    file_draft_drop(draft);
    return RESULT_OK;
}

void file_draft_drop(struct file_draft *draft)
{
    file_pieces_end(draft->file);
    draft->file = -1;
}
