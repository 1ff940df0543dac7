/*
 * Files as every program of Aval reads and writes them: whole, with a limit, and replaced atomically.
 *
 * Always: a write goes to a temporary file in the same folder, is synced, and renamed over the old one, and the folder
 * is synced; after a failure or a crash the old file or the new one is there, never a part. Thread-safe.
 *
 * `reason` (may be NULL) gets what the operating system said: "PATH: reason"; FILE_TOO_LARGE says nothing more.
 */
#ifndef SYSTEM_FILES_H
#define SYSTEM_FILES_H

#include "base/buffer.h"
#include "base/reason.h"

enum { PATH_SIZE = 1024 };

/* Joins with '/' into an array of PATH_SIZE; TEXT_TOO_LONG. */
RESULT path_join(char ret_path[static PATH_SIZE], const char *folder, const char *name);
/* Cuts off its last part, so that it is the folder in which that lies; above "/name" is "/". False, and nothing is
 * changed, where there is none to be said: "/", "name", or one that ends with '/'. */
bool path_go_up(char *path);

/* Appends the whole file to `out`, whose limit bounds it. FILE_READ, FILE_TOO_LARGE, NO_MEMORY. "-" is standard input.
 */
RESULT file_read(const char *path, struct buffer *out, struct reason *reason);
/* The same of a file that a program keeps for itself: a pipe or a device in its place is FILE_KIND, and not waited for.
 */
RESULT file_read_kept(const char *path, struct buffer *out, struct reason *reason);
/* Replaces or makes the file with those rights (such as 0644). FILE_WRITE; FILE_MODES where its file system fixes the
 * rights and others get more than these, here and wherever something is made. */
RESULT file_write(const char *path, struct slice content, unsigned mode, struct reason *reason);
/* The same of a file that a program keeps for itself: a pipe or a device in its place is replaced, and not written to.
 */
RESULT file_write_kept(const char *path, struct slice content, unsigned mode, struct reason *reason);
/* Makes the file; FILE_EXISTS where there is one. */
RESULT file_create(const char *path, struct slice content, unsigned mode, struct reason *reason);
/*
 * The same for what is too large to hold: a draft is written piece by piece under a temporary name, can be read again,
 * and gets its name once it is whole and on disk.
 */
struct file_draft {
    int folder;
    int file;
    char temporary[32];
    char path[PATH_SIZE];
};
/* Begins one; on success it is to be ended by file_draft_keep or file_draft_drop. FILE_WRITE. */
RESULT file_draft_begin(const char *path, unsigned mode, struct file_draft *ret_draft, struct reason *reason);
RESULT file_draft_add(const struct file_draft *draft, struct slice bytes, struct reason *reason);
/* Brings it to the disk, to be read from its beginning by file_piece(draft->file). FILE_WRITE. */
RESULT file_draft_sync(const struct file_draft *draft, struct reason *reason);
/* Gives it its name, replacing what has it. After a failure nothing is left of it. FILE_WRITE. */
RESULT file_draft_keep(struct file_draft *draft, struct reason *reason);
/* Takes one that was kept or dropped, too. */
void file_draft_drop(struct file_draft *draft);

/* Opens a file to be read piece by piece. FILE_READ. */
RESULT file_pieces(const char *path, int *ret_file, uint64_t *ret_size, struct reason *reason);
/* The next bytes, at most `size` of them; none at the end. `path` for the reason. FILE_READ. */
RESULT file_piece(int file, const char *path, uint8_t *bytes, size_t size, size_t *ret_size, struct reason *reason);
/* Takes -1. */
void file_pieces_end(int file);

/* Removes it; no error where there is none. FILE_WRITE. */
RESULT file_remove(const char *path, struct reason *reason);
/* Whether something is there, or may be: what this user may not look at is no file that is missing, and whoever goes on
 * to open it learns why it cannot be. */
bool file_exists(const char *path);

/* Makes the folder and those above it where they are missing. FILE_WRITE. */
RESULT folder_make(const char *path, unsigned mode, struct reason *reason);
/* Returns after the names in the folder are on disk, as far as its file system can say. FILE_WRITE. */
RESULT folder_sync(const char *path, struct reason *reason);
/* Calls `each` with the name of every entry but hidden ones, in ascending order of bytes. FILE_READ; no error where the
 * folder does not exist. Stops at the first failure of `each` and returns it. */
RESULT folder_list(const char *path, RESULT (*each)(void *context, const char *name), void *context,
                   struct reason *reason);

/*
 * A lock for a short while, also on file systems that have no locks (NFS without lockd, some of FUSE): there a second
 * file beside it, "PATH.held", stands for the lock while it is there. What a process that was ended left behind is
 * taken over FILE_HOLD_SECONDS after it was made, by the file system's own clock; so nothing may take longer under such
 * a lock.
 */
enum { FILE_HOLD_SECONDS = 60 };
struct file_hold {
    int descriptor;       /* -1: none is held */
    char held[PATH_SIZE]; /* "": the file system's own */
};
#define FILE_HOLD_NONE \
    { \
        .descriptor = -1, .held = "" \
    }
/* Takes it, waiting for so long. LOCKED, FILE_WRITE. */
RESULT file_hold(const char *path, unsigned wait_milliseconds, struct file_hold *ret_hold, struct reason *reason);
/* Takes one of which nothing is held, too. */
void file_let_go(const struct file_hold *hold);

/* A lock on a file, made where it is missing, held until file_unlock or the end of the process. LOCKED where another
 * process holds it for longer than `wait_milliseconds`; FILE_WRITE. */
RESULT file_lock(const char *path, unsigned wait_milliseconds, int *ret_lock, struct reason *reason);
/* Takes -1. */
void file_unlock(int lock);

#endif
