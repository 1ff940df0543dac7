/* The site key in the state folder; see site_key.h. */
#include "site_key.h"

#include "state/folder.h"
#include "state/records.h"

#define SITE_KEY FOLDER_SECRET "/" FILE_SITE_KEY

static RESULT find_in(const char *folder, struct site_key *ret_key, bool *ret_found, struct reason *reason)
{
    CLEANUP_SECRET_BUFFER struct buffer text = buffer_make(SITE_KEY_FILE_MAX);
    bool found = false;
    TRY(state_read(folder, SITE_KEY, &text, &found, reason));
    if (found) {
        const struct result read = site_key_read(buffer_slice(&text), ret_key);
        if (!is_ok(read))
            return reason_say(reason, record_fault(read), "%s/" SITE_KEY, folder);
    }
    *ret_found = found;
    return RESULT_OK;
}

RESULT site_key_find(const aval_machine *machine, struct site_key *ret_key, bool *ret_found, struct reason *reason)
{
    bool found = false;
    TRY(find_in(machine->own, ret_key, &found, reason));
    if (!found && machine->system[0] != 0)
        TRY(find_in(machine->system, ret_key, &found, reason));
    *ret_found = found;
    return RESULT_OK;
}

RESULT site_key_store(const aval_machine *machine, const struct site_key *key, struct reason *reason)
{
    CLEANUP_SECRET_BUFFER struct buffer text = buffer_make(SITE_KEY_FILE_MAX);
    CLEANUP_LOCK struct file_hold lock = FILE_HOLD_NONE;
    char folder[PATH_SIZE];
    TRY(site_key_write(key, &text));
    TRY(state_lock(machine, &lock, reason));
    TRY(path_join(folder, machine->folder, FOLDER_SECRET));
    TRY(kept_make(folder, MODE_SECRET_FOLDER, reason));
    return state_write(machine->folder, SITE_KEY, buffer_slice(&text), MODE_SECRET, reason);
}

RESULT site_key_forget(const aval_machine *machine, struct reason *reason)
{
    CLEANUP_LOCK struct file_hold lock = FILE_HOLD_NONE;
    TRY(state_lock(machine, &lock, reason));
    return state_remove(machine->folder, SITE_KEY, reason);
}
