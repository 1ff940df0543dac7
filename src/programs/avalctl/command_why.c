/* avalctl why: why a machine has a lease or none. */
#include "avalctl.h"

#include "base/sentences.h"

static void print_why(const struct control_why *why)
{
    say_field(_("Machine"), "%s", why->machine);
    say_field(_("License"), "%s", *why->license == 0 ? "-" : why->license);
    say_field(_("Why"), "%s (%s)", why->sentence, why->code);
    if (why->blocked)
        say_field(_("Blocked"), _("since %s%s%s"), time_or_dash(why->blocked_since).text,
                  *why->blocked_reason == 0 ? "" : ": ", why->blocked_reason);
}

int command_why(const struct arguments *arguments, void *context)
{
    (void)context;
    enum { ACTION_MAX = 256 };
    CLEANUP_BUFFER struct buffer action = buffer_make(ACTION_MAX);
    CLEANUP_BUFFER struct buffer answer = buffer_make(CONTROL_ANSWER_MAX);
    struct control_why why;
    buffer_append_text(&action, "/why");
    if (argument_given(arguments, "license"))
        query_add(&action, "license", argument_value(arguments, "license", ""));
    if (!is_ok(buffer_status(&action)))
        return say_usage(AVALCTL, _("the arguments are too long"));
    const int asked = ask_about_machine(arguments, arguments->values[0], buffer_text(&action), &answer);
    if (asked != EXIT_FINE)
        return asked;
    const struct result state = control_why_read(buffer_slice(&answer), &why);
    if (!is_ok(state))
        return answer_unreadable(state);
    if (wants_json(arguments))
        print_json(&answer);
    else
        print_why(&why);
    return EXIT_FINE;
}
