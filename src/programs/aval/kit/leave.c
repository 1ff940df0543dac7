/*
 * aval leave: gives the seats back and forgets what joining brought.
 *
 * A lease whose seat could not be given back stays, unless somebody says that it is to be forgotten all the same: the
 * host counts the seat until the lease ends or the operator reclaims it.
 */
#include "kit/kit.h"

#include "base/sentences.h"

#include <stdio.h>

struct leaving {
    aval_machine *machine;
    struct steps steps;
    bool forced;
};

/* Whether nothing is held any more. */
static bool give_back(struct leaving *leaving, const char *product)
{
    struct aval_report report = {.size = sizeof report};
    const int code = aval_release(leaving->machine, product, &report);
    if (code == AVAL_NO_LEASE || code == AVAL_NO_PRODUCT_KEY)
        return true;
    if (code == AVAL_OK) {
        steps_say(&leaving->steps, _("seat"), product, STEP_DONE, AVAL_OK, _("given back"));
        return true;
    }
    const char *const why = report.attempt_count > 0 ? report.attempts[report.attempt_count - 1].message
                                                     : aval_last_message(leaving->machine);
    steps_say(&leaving->steps, _("seat"), product, STEP_LEFT, code, why);
    return leaving->forced;
}

static int leave_one(void *context, const char *product)
{
    struct leaving *const leaving = context;
    struct aval_status status = {.size = sizeof status};
    if (!give_back(leaving, product))
        return 0;
    if (aval_status(leaving->machine, product, &status) != AVAL_OK || status.key_suffix[0] == 0)
        return 0;
    const int code = aval_key_remove(leaving->machine, status.key_suffix);
    if (code != AVAL_OK)
        steps_say(&leaving->steps, _("key"), product, STEP_LEFT, code, aval_last_message(leaving->machine));
    else
        steps_say(&leaving->steps, _("key"), product, STEP_DONE, AVAL_OK, _("removed"));
    return 0;
}

static void forget(struct leaving *leaving, const char *what, int code)
{
    if (code != AVAL_OK)
        steps_say(&leaving->steps, what, _("could not be removed"), STEP_LEFT, code,
                  aval_last_message(leaving->machine));
    else
        steps_say(&leaving->steps, what, _("removed"), STEP_DONE, AVAL_OK, "");
}

/* The way to the host is needed while anything is left that is to be given back. */
static void forget_host(struct leaving *leaving)
{
    int is_set = 0;
    if (aval_host(leaving->machine, 0) != NULL)
        forget(leaving, _("hosts"), aval_hosts_set(leaving->machine, NULL, 0));
    if (aval_site_key_is_set(leaving->machine, &is_set) != AVAL_OK || is_set)
        forget(leaving, _("site key"), aval_site_key_remove(leaving->machine));
    timer_set(&leaving->steps, false);
}

int run_leave(const struct arguments *arguments, void *context)
{
    (void)context;
    CLEANUP_MACHINE aval_machine *machine = NULL;
    int status = EXIT_FINE;
    if (!machine_open(arguments, &machine, &status))
        return status;
    struct leaving leaving = {.machine = machine, .forced = argument_given(arguments, "force")};
    steps_begin(&leaving.steps, arguments);
    const int code = aval_products(machine, leave_one, &leaving);
    if (code != AVAL_OK)
        steps_say(&leaving.steps, _("products"), _("cannot be listed"), STEP_LEFT, code, aval_last_message(machine));
    if (leaving.steps.left == 0 || leaving.forced)
        forget_host(&leaving);
    else
        report_say(&leaving.steps.out,
                   _("The rest stays until the seats are given back; `aval leave --force` forgets them."));
    return steps_end(&leaving.steps);
}
