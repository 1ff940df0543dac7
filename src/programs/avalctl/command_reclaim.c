/* avalctl reclaim: a seat back from a machine that is gone. */
#include "avalctl.h"

#include "base/sentences.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { QUESTION_MAX = 1024 };

/* ---- before ---- */

/* The seat that is meant: the first of those that the machine holds, under that license if one is named; NULL: none. */
static const struct control_machine *find_seat(const struct control_detail *detail, const char *license)
{
    for (size_t i = 0; i < detail->machine_count; i++)
        if (detail->machines[i].holding && (*license == 0 || strcmp(detail->machines[i].license, license) == 0))
            return &detail->machines[i];
    return NULL;
}

/* Whatever is wrong with the seat is the host's to say, so nothing is asked about none. */
static int confirm(const struct control_detail *detail, const char *license)
{
    const struct control_machine *const seat = find_seat(detail, license);
    CLEANUP_BUFFER struct buffer question = buffer_make(QUESTION_MAX);
    if (seat == NULL)
        return EXIT_FINE;
    say_hint(_("Machine %s holds a seat of %s, and asked last on %s. Whatever is done here, the lease at the machine "
               "itself runs on until %s."),
             detail->machine, seat->license, time_or_dash(seat->last_request).text, time_or_dash(seat->ends).text);
    switch (ask_yes(_("Take the seat back and block the machine"))) {
    case SAID_YES:
        return EXIT_FINE;
    case SAID_NOTHING:
        return say_usage(AVALCTL, _("there is no terminal to ask on; reclaim takes --yes then"));
    case SAID_NO:
        break;
    }
    return say_usage(AVALCTL, _("nothing was reclaimed"));
}

static int ask_first(const struct arguments *arguments, const char *license)
{
    CLEANUP_BUFFER struct buffer answer = buffer_make(CONTROL_ANSWER_MAX);
    struct control_detail detail;
    const int asked = ask_about_machine(arguments, arguments->values[0], "", &answer);
    if (asked != EXIT_FINE)
        return asked;
    const struct result state = control_detail_read(buffer_slice(&answer), &detail);
    if (!is_ok(state))
        return answer_unreadable(state);
    const int status = confirm(&detail, license);
    control_detail_free(&detail);
    return status;
}

/* ---- after ---- */

/* "3 of 3 reclaims of the last 30 days are used" */
static void write_used(const struct control_reclaimed *reclaimed, struct buffer *out)
{
    buffer_printf(out, _("%" PRIu64 " of %" PRIu64 " reclaims of the last 30 days are used"), reclaimed->used,
                  reclaimed->allowed);
}

static void print_outcome(const struct control_reclaimed *reclaimed)
{
    CLEANUP_BUFFER struct buffer used = buffer_make(QUESTION_MAX);
    const char *const machine = reclaimed->machine;
    const struct time_text free_on = time_or_dash(reclaimed->seat_until);
    write_used(reclaimed, &used);
    switch (reclaimed->outcome) {
    case CONTROL_RECLAIM_FREE:
        say_text(_("Machine %s: its seat of %s is free now; %s.\n"), machine, reclaimed->license, buffer_text(&used));
        break;
    case CONTROL_RECLAIM_FIRST:
        say_text(_("Machine %s: its seat of %s is free now; it never renewed, so this reclaim is not counted (%s).\n"),
                 machine, reclaimed->license, buffer_text(&used));
        break;
    case CONTROL_RECLAIM_LATER:
        say_text(_("Machine %s: its seat of %s is reclaimed, but not free yet: %s; the seat comes back on %s.\n"),
                 machine, reclaimed->license, buffer_text(&used), free_on.text);
        break;
    case CONTROL_RECLAIM_AGAIN:
        say_text(_("Machine %s: its seat of %s was reclaimed before; %s, so the seat comes back on %s.\n"), machine,
                 reclaimed->license, buffer_text(&used), free_on.text);
        break;
    }
    say_text(_("The machine is blocked, and the lease at the machine itself runs on until %s.\n"),
             time_or_dash(reclaimed->lease_ends).text);
    say_hint(_("`avalctl unblock %s` lets it ask anew."), machine);
}

static int reclaim(const struct arguments *arguments, const struct control_reclaim *reclaim)
{
    CLEANUP_BUFFER struct buffer body = buffer_make(CONTROL_BODY_MAX);
    CLEANUP_BUFFER struct buffer answer = buffer_make(CONTROL_ANSWER_MAX);
    struct control_reclaimed reclaimed;
    struct result state = control_reclaim_write(reclaim, &body);
    if (!is_ok(state))
        return answer_unreadable(state);
    const int asked = change_machine(arguments, arguments->values[0], "/reclaim", buffer_slice(&body), &answer);
    if (asked != EXIT_FINE)
        return asked;
    state = control_reclaimed_read(buffer_slice(&answer), &reclaimed);
    if (!is_ok(state))
        return answer_unreadable(state);
    if (wants_json(arguments))
        print_json(&answer);
    else
        print_outcome(&reclaimed);
    return EXIT_FINE;
}

int command_reclaim(const struct arguments *arguments, void *context)
{
    (void)context;
    struct control_reclaim asked = {""};
    const char *const license = argument_value(arguments, "license", "");
    if (!is_ok(slice_copy_text(slice_of(license), asked.license, sizeof asked.license)))
        return say_usage(AVALCTL, _("'%.40s...' is too long for the id of a license"), license);
    const int status = argument_given(arguments, "yes") ? EXIT_FINE : ask_first(arguments, license);
    return status == EXIT_FINE ? reclaim(arguments, &asked) : status;
}
