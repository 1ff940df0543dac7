/* Giving former leases back; see formers.h. */
#include "formers.h"

#include "former_files.h"
#include "release.h"

#include <string.h>

struct walk {
    const aval_machine *machine;
    const char *product;
    const char *folder; /* of the machine's own files for it */
};

/* A lease that is in force is no former one, though a copy of it may lie there; nor is one whose seat went to that. */
static bool is_over(const struct session *former, const struct session *now)
{
    if (former->evaluation.state != STATE_LICENSED || !is_ok(former->holding_fault))
        return true;
    return is_ok(now->holding_fault) &&
           strcmp(former->holding.believed.license.id, now->holding.believed.license.id) == 0;
}

/* Under the lock: loads it, and forgets it where nothing is to be given back. */
static RESULT load(const struct walk *walk, const char *license, struct session *former, bool *ret_over)
{
    CLEANUP_LOCK struct file_hold lock = FILE_HOLD_NONE;
    CLEANUP_SESSION struct session now = {0};
    char folder[PATH_SIZE];
    TRY(state_lock(walk->machine, &lock, NULL));
    TRY(former_folder(walk->folder, license, folder));
    TRY(session_begin(&now, walk->machine, walk->product, false, NULL));
    TRY(session_begin_former(former, walk->machine, walk->product, folder, NULL));
    *ret_over = is_over(former, &now);
    return *ret_over ? former_forget(walk->folder, license, NULL) : RESULT_OK;
}

/* What the host says that is not held is over too. */
static void give_back(const struct walk *walk, const char *license, struct session *former)
{
    struct aval_attempt attempt = {.code = AVAL_OK};
    CLEANUP_LOCK struct file_hold lock = FILE_HOLD_NONE;
    memcpy(attempt.host, former->holding.host, sizeof attempt.host);
    const struct result outcome = release_held(former, &attempt, NULL);
    if (result_code(outcome) == ERR_RELEASE_NOTHING && is_ok(state_lock(walk->machine, &lock, NULL)))
        result_ignore(former_forget(walk->folder, license, NULL));
}

static RESULT release_one(void *context, const char *license)
{
    const struct walk *const walk = context;
    CLEANUP_SESSION struct session former = {0};
    bool over = false;
    if (is_ok(load(walk, license, &former, &over)) && !over)
        give_back(walk, license, &former);
    return RESULT_OK; /* the others all the same */
}

static RESULT find_any(void *context, const char *license)
{
    bool *const found = context;
    (void)license;
    *found = true;
    return RESULT_OK;
}

bool formers_are_there(const aval_machine *machine, const char *product)
{
    CLEANUP_SESSION struct session session = {0};
    bool found = false;
    if (is_ok(session_begin(&session, machine, product, false, NULL)))
        result_ignore(former_each(session.installation->mine, find_any, &found, NULL));
    return found;
}

void formers_release(const aval_machine *machine, const char *product)
{
    CLEANUP_SESSION struct session session = {0};
    if (!is_ok(state_check_owner(machine, NULL)) || !is_ok(session_begin(&session, machine, product, false, NULL)))
        return;
    struct walk walk = {machine, product, session.installation->mine};
    result_ignore(former_each(session.installation->mine, release_one, &walk, NULL));
}
