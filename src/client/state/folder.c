/* The state folder; see folder.h. */
#include "folder.h"

static RESULT pass(void *context, const char *name)
{
    (void)context;
    (void)name;
    return RESULT_OK;
}

RESULT state_check(aval_machine *machine)
{
    return folder_list(machine->folder, pass, NULL, NULL);
}

RESULT state_read(const char *folder, const char *name, struct buffer *out, bool *ret_found)
{
    char path[PATH_SIZE];
    TRY(path_join(path, folder, name));
    const bool found = file_exists(path);
    if (found) {
        const struct result outcome = file_read(path, out, NULL);
        /* Somebody who holds the lock may have removed it just now; and anything else is a failure. */
        if (!is_ok(outcome) && file_exists(path))
            return outcome;
        if (!is_ok(outcome)) {
            *ret_found = false;
            return RESULT_OK;
        }
    }
    *ret_found = found;
    return RESULT_OK;
}

RESULT state_write(const char *folder, const char *name, struct slice content, unsigned mode)
{
    char path[PATH_SIZE];
    TRY(path_join(path, folder, name));
    return file_write(path, content, mode, NULL);
}

RESULT state_remove(const char *folder, const char *name)
{
    char path[PATH_SIZE];
    TRY(path_join(path, folder, name));
    return file_remove(path, NULL);
}

RESULT state_lock(aval_machine *machine, int *ret_lock)
{
    char path[PATH_SIZE];
    TRY(folder_make(machine->folder, MODE_FOLDER, NULL));
    TRY(path_join(path, machine->folder, FILE_LOCK));
    return file_lock(path, LOCK_WAIT_MS, ret_lock, NULL);
}

void state_unlock(const int *lock)
{
    file_unlock(*lock);
}
