/* The public functions about the site key: arguments in, one call of site_key.c, code and message out. */
#include "site_key.h"
#include "state/folder.h"
#include "state/installation.h"

static RESULT set_key(aval_machine *machine, struct slice text, struct reason *reason)
{
    struct site_key key;
    ENSURE(text.data != NULL || text.size == 0, USAGE);
    TRY(site_key_read(text, &key));
    state_use_own(machine);
    const struct result stored = site_key_store(machine, &key, reason);
    secret_wipe(&key, sizeof key);
    return is_ok(stored) ? installation_end_waiting(machine, reason) : stored;
}

int aval_site_key_set(aval_machine *machine, const char *text, size_t text_size)
{
    struct reason reason = {.text = ""};
    return machine_finish(machine, set_key(machine, slice_make(text, text_size), &reason), &reason);
}

int aval_site_key_remove(aval_machine *machine)
{
    struct reason reason = {.text = ""};
    state_use_own(machine);
    struct result result = site_key_forget(machine, &reason);
    if (is_ok(result))
        result = installation_end_waiting(machine, &reason);
    return machine_finish(machine, result, &reason);
}

int aval_site_key_is_set(aval_machine *machine, int *ret_set)
{
    struct reason reason = {.text = ""};
    struct site_key key;
    bool found = false;
    const struct result outcome = site_key_find(machine, &key, &found, &reason);
    secret_wipe(&key, sizeof key);
    if (is_ok(outcome))
        *ret_set = found ? 1 : 0;
    return machine_finish(machine, outcome, &reason);
}
