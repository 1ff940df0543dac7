/* The state folder; see folder.h. */
#include "folder.h"

#include "machine/place.h"

#include <string.h>

static RESULT pass(void *context, const char *name)
{
    (void)context;
    (void)name;
    return RESULT_OK;
}

RESULT state_check(const char *folder, struct reason *reason)
{
    return kept_list(folder, pass, NULL, reason);
}

void state_use_own(aval_machine *machine)
{
    memcpy(machine->folder, machine->own, sizeof machine->folder);
}

void state_use(aval_machine *machine, const char *name)
{
    char path[PATH_SIZE];
    state_use_own(machine);
    if (machine->system[0] != 0 && is_ok(path_join(path, machine->system, name)) && kept_exists(path))
        memcpy(machine->folder, machine->system, sizeof machine->folder);
}

RESULT state_check_owner(const aval_machine *machine, struct reason *reason)
{
    if (machine->system[0] != 0 && strcmp(machine->folder, machine->system) == 0)
        return reason_say(reason, FAIL(STATE_OF_SYSTEM), "%s", machine->folder);
    return RESULT_OK;
}

/* Somebody who holds the lock may remove the file between the look and the reading; any other failure is one. */
RESULT state_read(const char *folder, const char *name, struct buffer *out, bool *ret_found, struct reason *reason)
{
    char path[PATH_SIZE];
    struct reason words = {.text = ""};
    TRY(path_join(path, folder, name));
    bool found = kept_exists(path);
    if (found) {
        struct result outcome = kept_read(path, out, &words);
        if (result_code(outcome) == ERR_FILE_KIND)
            outcome = FAIL(STATE_BROKEN); /* not what was written there */
        found = is_ok(outcome);
        if (!found && kept_exists(path))
            return reason_say(reason, outcome, "%s", words.text);
    }
    *ret_found = found;
    return RESULT_OK;
}

bool state_is_foreign(struct result read)
{
    return result_code(read) == ERR_FILE_TOO_LARGE || result_code(read) == ERR_STATE_BROKEN;
}

RESULT state_write(const char *folder, const char *name, struct slice content, unsigned mode, struct reason *reason)
{
    char path[PATH_SIZE];
    TRY(path_join(path, folder, name));
    return kept_write(path, content, mode, reason);
}

RESULT state_remove(const char *folder, const char *name, struct reason *reason)
{
    char path[PATH_SIZE];
    TRY(path_join(path, folder, name));
    return kept_remove(path, reason);
}

RESULT state_lock(const aval_machine *machine, struct file_hold *ret_lock, struct reason *reason)
{
    char path[PATH_SIZE];
    TRY(state_check_owner(machine, reason));
    TRY(kept_make(machine->folder, state_folder_mode(), reason));
    TRY(path_join(path, machine->folder, FILE_LOCK));
    return kept_lock(path, LOCK_WAIT_MS, ret_lock, reason);
}
