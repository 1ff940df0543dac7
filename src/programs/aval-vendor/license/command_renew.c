/*
 * aval-vendor renew: a license with the terms of another one, whose place it takes.
 *
 * Always: it names the license that it renews and those that this one replaced, so that one that was left out on the
 * way is replaced all the same. Where those are more than a license may name, the one that ended first is left out;
 * what has ended has nothing to hand over.
 */
#include "base/sentences.h"
#include "command.h"
#include "desk/successions.h"
#include "license/issue.h"
#include "system/clock.h"
#include "terminal/say.h"

#include <string.h>

/* A license must not be renewed twice, or there would be its seats twice: what took its place is to be renewed. */
static RESULT check_renewable(struct command *command, const struct license *before)
{
    CLEANUP_REVOCATIONS struct revocations *revocations = NULL;
    CLEANUP_SUCCESSIONS struct successions successions = {0};
    TRY(desk_find_revocations(command->desk, &revocations, NULL, &command->reason));
    if (revocations_hold(revocations, before, NULL))
        return reason_say(&command->reason, FAIL(LICENSE_REVOKED), _("revocations %llu name it"),
                          (unsigned long long)revocations->sequence);
    TRY(successions_read(command->desk, revocations, &successions, &command->reason));
    const struct succession *const by = successions_of(&successions, before->id, clock_now());
    if (by != NULL)
        return reason_say(&command->reason, FAIL(LICENSE_REPLACED), _("by %s: renew that one"), by->by);
    return RESULT_OK;
}

static RESULT find_before(struct command *command, struct license *ret_before)
{
    const char *const id = command->arguments->values[0];
    command_about(command, id);
    TRY(desk_find_license(command->desk, id, ret_before, &command->reason));
    TRY(check_renewable(command, ret_before));
    command_about(command, "");
    return RESULT_OK;
}

/* Which of those that `before` replaced ended first, and when; its count where the desk knows them all no more. */
static RESULT find_first_ended(struct command *command, const struct license *before, size_t *ret_place,
                               seconds *ret_ended)
{
    *ret_ended = INT64_MAX;
    for (size_t i = 0; i < before->replaces_count; i++) {
        struct license earlier;
        TRY(desk_find_license(command->desk, before->replaces[i], &earlier, &command->reason));
        if (earlier.not_after < *ret_ended) {
            *ret_ended = earlier.not_after;
            *ret_place = i;
        }
    }
    return RESULT_OK;
}

/* The license itself and those that it replaced. */
static RESULT take_chain(struct command *command, const struct license *before, struct license *license)
{
    size_t left_out = REPLACES_MAX; /* none */
    seconds ended = 0;
    if (before->replaces_count == REPLACES_MAX) {
        TRY(find_first_ended(command, before, &left_out, &ended));
        if (ended > license->not_before)
            return reason_say(&command->reason, FAIL(USAGE),
                              _("a license replaces at most %d others, and all that this one replaced are in force"),
                              REPLACES_MAX);
    }
    license->replaces_count = 0;
    memset(license->replaces, 0, sizeof license->replaces);
    TRY(license_add_replaced(license, slice_of(before->id)));
    for (size_t i = 0; i < before->replaces_count; i++)
        if (i != left_out)
            TRY(license_add_replaced(license, slice_of(before->replaces[i])));
    return RESULT_OK;
}

/* Machines never take a lease that ends before the one they have. */
static RESULT check_end(struct command *command, const struct license *before, const struct license *license)
{
    char text[TIME_TEXT_SIZE];
    time_write(before->not_after, text);
    if (license->not_after < before->not_after)
        return reason_say(&command->reason, FAIL(USAGE),
                          _("--until: the license that is renewed ends on %s, and a machine keeps a lease that ends "
                            "later than a new one would"),
                          text);
    if (license->not_before > before->not_after)
        return reason_say(&command->reason, FAIL(USAGE),
                          _("--from: the license that is renewed ends on %s, so that machines would be without one "
                            "between"),
                          text);
    return RESULT_OK;
}

static RESULT take_changes(struct command *command, const struct license *before, struct license *license)
{
    const char *needed = NULL;
    TRY(command_needed(command, "until", &needed));
    TRY(take_dates(command, clock_now(), license));
    TRY(check_end(command, before, license));
    TRY(command_number(command, "seats", 1, before->seats, &license->seats));
    if (license->has_reclaims && license->reclaims > license->seats + license->overage)
        license->reclaims = license->seats + license->overage;
    return RESULT_OK;
}

/* Leases end with their license. So machines that have no renewal in between are without one until they reach the host.
 */
static void warn_of_gap(const struct license *before, const struct license *license)
{
    char renew[SPAN_TEXT_SIZE];
    if (before->not_after - license->not_before >= before->renew + before->retry || before->not_after <= clock_now())
        return;
    span_write(before->renew, renew);
    say_hint(
        _("Note: machines renew every %s, and their leases end with the old license. Let the new one begin earlier "
          "than that before it ends (--from), so that each has gone over by then."),
        renew);
}

static RESULT renew(struct command *command)
{
    struct license before;
    TRY(command_open(command, true));
    TRY(find_before(command, &before));
    struct license license = before;
    TRY(take_changes(command, &before, &license));
    TRY(take_chain(command, &before, &license));
    TRY(license_issue(command, &license));
    warn_of_gap(&before, &license);
    return RESULT_OK;
}

int command_renew(const struct arguments *arguments, void *context)
{
    (void)context;
    return command_run(arguments, renew);
}
