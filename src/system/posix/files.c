/*
 * Whole files, replaced atomically; see files.h.
 *
 * Always: a temporary file is hidden (so that folder_list never shows one), has a random name, and is removed on every
 * path that does not rename it.
 */
#include "system/files.h"

#include "base/secret.h"
#include "base/sentences.h"
#include "failure.h"
#include "modes.h"
#include "system/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    CHUNK_SIZE = 16 * 1024,
    TEMPORARY_NAME_SIZE = 32,
};

static void descriptor_close(const int *descriptor)
{
    if (*descriptor < 0)
        return;
    const int kept = errno; /* of the failure that leads here, which the caller is about to report */
    close(*descriptor);
    errno = kept;
}

#define CLEANUP_DESCRIPTOR __attribute__((cleanup(descriptor_close)))

/* Reading */

static RESULT read_all(const char *path, int descriptor, struct buffer *out, struct reason *reason)
{
    uint8_t chunk[CHUNK_SIZE];
    struct result state = RESULT_OK;
    while (is_ok(state)) {
        const ssize_t got = read(descriptor, chunk, sizeof chunk);
        if (got == 0)
            break;
        if (got < 0) {
            if (errno != EINTR)
                state = failure_reading(path, reason);
            continue;
        }
        if ((size_t)got > out->limit - out->size) {
            state = reason_say(reason, FAIL(FILE_TOO_LARGE), "%s", ""); /* its own sentence says it all */
            continue;
        }
        buffer_append(out, chunk, (size_t)got);
        state = buffer_status(out);
    }
    secret_wipe(chunk, sizeof chunk); /* the file may hold a secret key */
    return state;
}

/* Whole, or nothing of it. */
static RESULT append_all(const char *name, int descriptor, struct buffer *out, struct reason *reason)
{
    const size_t before = out->size;
    const struct result state = read_all(name, descriptor, out, reason);
    if (!is_ok(state))
        out->size = before;
    return state;
}

RESULT file_read(const char *path, struct buffer *out, struct reason *reason)
{
    TRY(buffer_status(out));
    const bool standard_input = strcmp(path, "-") == 0;
    CLEANUP_DESCRIPTOR int opened = standard_input ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (!standard_input && opened < 0)
        return failure_reading(path, reason);
    const int descriptor = standard_input ? STDIN_FILENO : opened;
    const char *name = standard_input ? "standard input" : path;
    struct stat about;
    if (fstat(descriptor, &about) != 0)
        return failure_reading(name, reason);
    if (S_ISDIR(about.st_mode)) {
        errno = EISDIR;
        return failure_reading(name, reason);
    }
    return append_all(name, descriptor, out, reason);
}

/* Opening a pipe would wait for whoever writes to it, which may be nobody. */
RESULT file_read_kept(const char *path, struct buffer *out, struct reason *reason)
{
    struct stat about;
    TRY(buffer_status(out));
    CLEANUP_DESCRIPTOR int descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (descriptor < 0 || fstat(descriptor, &about) != 0)
        return failure_reading(path, reason);
    if (S_ISDIR(about.st_mode)) {
        errno = EISDIR;
        return failure_reading(path, reason);
    }
    if (!S_ISREG(about.st_mode))
        return reason_say(reason, FAIL(FILE_KIND), _("%s: a pipe or a device, and no file"), path);
    return append_all(path, descriptor, out, reason);
}

/* Writing */

static bool write_all(int descriptor, struct slice content)
{
    size_t done = 0;
    while (done < content.size) {
        const ssize_t written = write(descriptor, content.data + done, content.size - done);
        if (written < 0 && errno != EINTR)
            return false;
        if (written > 0)
            done += (size_t)written;
    }
    return true;
}

/* Devices and pipes are written to, not replaced: `-o /dev/null` as root must leave /dev/null what it is. */
static RESULT write_through(const char *path, struct slice content, struct reason *reason)
{
    CLEANUP_DESCRIPTOR int descriptor = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (descriptor < 0 || !write_all(descriptor, content))
        return failure_writing(path, reason);
    return RESULT_OK;
}

/* Splits into the folder ("." where none is said) and the name in it, which is borrowed from `path`. */
static bool split(const char *path, char ret_folder[static PATH_SIZE], const char **ret_name)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    if (*name == 0) {
        errno = *path == 0 ? ENOENT : EISDIR;
        return false;
    }
    const char *from = slash == NULL ? "." : slash == path ? "/" : path;
    const size_t size = slash == NULL || slash == path ? 1 : (size_t)(slash - path);
    if (size >= PATH_SIZE) {
        errno = ENAMETOOLONG;
        return false;
    }
    memcpy(ret_folder, from, size);
    ret_folder[size] = 0;
    *ret_name = name;
    return true;
}

/* Not every file system can sync a folder; those that cannot say EINVAL and order such changes by themselves. */
static bool sync_folder(int folder)
{
    return fsync(folder) == 0 || errno == EINVAL;
}

/* A name that nothing has. */
static void name_temporary(char name[static TEMPORARY_NAME_SIZE])
{
    uint8_t random[8];
    char digits[2 * sizeof random + 1];
    entropy_fill(random, sizeof random);
    hex_write(random, sizeof random, digits);
    snprintf(name, TEMPORARY_NAME_SIZE, ".aval-%s.new", digits);
}

static RESULT fill(int descriptor, const char *path, struct slice content, unsigned mode, struct reason *reason)
{
    TRY(mode_set(descriptor, path, mode, reason)); /* before there is anything to be read */
    return write_all(descriptor, content) && fsync(descriptor) == 0 ? RESULT_OK : failure_writing(path, reason);
}

/* A new file in `folder` with the content, on disk; its name is written to `name`. Nothing is left after a failure. */
static RESULT make_temporary(int folder, const char *path, struct slice content, unsigned mode,
                             char name[static TEMPORARY_NAME_SIZE], struct reason *reason)
{
    name_temporary(name);
    const int descriptor = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor < 0)
        return failure_writing(path, reason);
    struct result filled = fill(descriptor, path, content, mode, reason);
    if (close(descriptor) != 0 && is_ok(filled))
        filled = failure_writing(path, reason);
    if (!is_ok(filled))
        unlinkat(folder, name, 0);
    return filled;
}

/* Gives the temporary file its name unless something has that name already. */
static bool rename_new(int folder, const char *temporary, const char *name)
{
    if (renameat2(folder, temporary, folder, name, RENAME_NOREPLACE) == 0)
        return true;
    if (errno != EINVAL && errno != ENOSYS)
        return false;
    if (linkat(folder, temporary, folder, name, 0) != 0) /* for file systems without that kind of rename */
        return false;
    unlinkat(folder, temporary, 0);
    return true;
}

static RESULT put_file(const char *path, struct slice content, unsigned mode, bool replace, struct reason *reason)
{
    char folder_path[PATH_SIZE];
    const char *name = NULL;
    if (!split(path, folder_path, &name))
        return failure_writing(path, reason);
    CLEANUP_DESCRIPTOR int folder = open(folder_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return failure_writing(path, reason);
    char temporary[TEMPORARY_NAME_SIZE];
    TRY(make_temporary(folder, path, content, mode, temporary, reason));
    const bool named = replace ? renameat(folder, temporary, folder, name) == 0 : rename_new(folder, temporary, name);
    if (!named) {
        const int number = errno;
        unlinkat(folder, temporary, 0);
        errno = number;
        const struct result failure = failure_writing(path, reason);
        return number == EEXIST && !replace ? FAIL(FILE_EXISTS) : failure;
    }
    if (sync_folder(folder))
        return RESULT_OK;
    const struct result failure = failure_writing(path, reason);
    if (!replace)
        unlinkat(folder, name, 0); /* or the next try would find it and take it for another's */
    return failure;
}

RESULT file_write(const char *path, struct slice content, unsigned mode, struct reason *reason)
{
    struct stat about;
    if (stat(path, &about) != 0)
        return put_file(path, content, mode, true, reason);
    if (S_ISDIR(about.st_mode)) {
        errno = EISDIR;
        return failure_writing(path, reason);
    }
    if (!S_ISREG(about.st_mode))
        return write_through(path, content, reason);
    char *target = realpath(path, NULL); /* a symbolic link stays, and what it points to is replaced */
    if (target == NULL)
        return failure_writing(path, reason);
    const struct result state = put_file(target, content, mode, true, reason);
    free(target);
    return state;
}

RESULT file_write_kept(const char *path, struct slice content, unsigned mode, struct reason *reason)
{
    struct stat about;
    if (stat(path, &about) == 0 && !S_ISREG(about.st_mode) && !S_ISDIR(about.st_mode))
        return put_file(path, content, mode, true, reason);
    return file_write(path, content, mode, reason);
}

RESULT file_create(const char *path, struct slice content, unsigned mode, struct reason *reason)
{
    return put_file(path, content, mode, false, reason);
}

RESULT file_remove(const char *path, struct reason *reason)
{
    if (unlink(path) != 0 && errno != ENOENT)
        return failure_writing(path, reason);
    return RESULT_OK;
}

bool file_exists(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

/* Drafts */

RESULT file_draft_begin(const char *path, unsigned mode, struct file_draft *ret_draft, struct reason *reason)
{
    char folder[PATH_SIZE];
    const char *name = NULL;
    struct file_draft draft = {.folder = -1, .file = -1};
    _Static_assert(sizeof draft.temporary == TEMPORARY_NAME_SIZE, "one size");
    if (!split(path, folder, &name))
        return failure_writing(path, reason);
    TRY(slice_copy_text(slice_of(path), draft.path, sizeof draft.path));
    draft.folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (draft.folder < 0)
        return failure_writing(path, reason);
    name_temporary(draft.temporary);
    draft.file = openat(draft.folder, draft.temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    const struct result made =
        draft.file < 0 ? failure_writing(path, reason) : mode_set(draft.file, path, mode, reason);
    if (!is_ok(made)) {
        if (draft.file < 0)
            close(draft.folder);
        else
            file_draft_drop(&draft);
        return made;
    }
    *ret_draft = draft;
    return RESULT_OK;
}

RESULT file_draft_add(const struct file_draft *draft, struct slice bytes, struct reason *reason)
{
    return write_all(draft->file, bytes) ? RESULT_OK : failure_writing(draft->path, reason);
}

RESULT file_draft_sync(const struct file_draft *draft, struct reason *reason)
{
    if (fsync(draft->file) != 0 || lseek(draft->file, 0, SEEK_SET) != 0)
        return failure_writing(draft->path, reason);
    return RESULT_OK;
}

RESULT file_draft_keep(struct file_draft *draft, struct reason *reason)
{
    char folder[PATH_SIZE];
    const char *name = NULL;
    const bool kept = split(draft->path, folder, &name) && fsync(draft->file) == 0 &&
                      renameat(draft->folder, draft->temporary, draft->folder, name) == 0;
    struct result result = kept ? RESULT_OK : failure_writing(draft->path, reason);
    if (!kept) {
        file_draft_drop(draft);
        return result;
    }
    if (!sync_folder(draft->folder))
        result = failure_writing(draft->path, reason);
    close(draft->file);
    close(draft->folder);
    draft->folder = -1;
    return result;
}

void file_draft_drop(struct file_draft *draft)
{
    if (draft->folder < 0)
        return;
    unlinkat(draft->folder, draft->temporary, 0);
    close(draft->file);
    close(draft->folder);
    draft->folder = -1;
}

/* Piece by piece */

RESULT file_pieces(const char *path, int *ret_file, uint64_t *ret_size, struct reason *reason)
{
    struct stat about;
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    bool good = file >= 0 && fstat(file, &about) == 0;
    if (good && S_ISDIR(about.st_mode)) {
        errno = EISDIR;
        good = false;
    }
    if (!good) {
        const struct result failure = failure_reading(path, reason);
        file_pieces_end(file);
        return failure;
    }
    *ret_size = (uint64_t)about.st_size;
    *ret_file = file;
    return RESULT_OK;
}

RESULT file_piece(int file, const char *path, uint8_t *bytes, size_t size, size_t *ret_size, struct reason *reason)
{
    ssize_t got;
    do
        got = read(file, bytes, size);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return failure_reading(path, reason);
    *ret_size = (size_t)got;
    return RESULT_OK;
}

void file_pieces_end(int file)
{
    if (file >= 0)
        close(file);
}
