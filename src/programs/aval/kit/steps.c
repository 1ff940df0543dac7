/* Steps as they are said, and the timer; see kit.h. */
#include "kit/kit.h"

#include "base/sentences.h"
#include "terminal/say.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define TIMER     "aval-renew.timer"
#define CRON_LINE "17 * * * * root aval renew --all"

static const char *const ENDS[] = {[STEP_DONE] = N_("done"), [STEP_ALREADY] = N_("already"), [STEP_LEFT] = N_("left")};

void steps_begin(struct steps *steps, const struct arguments *arguments)
{
    *steps = (struct steps){.arguments = arguments, .status = EXIT_FINE};
    report_begin(&steps->out, wants_json(arguments));
    report_objects_begin(&steps->out, "steps");
}

void steps_say(struct steps *steps, const char *step, const char *what, enum step_end end, int code, const char *words)
{
    steps->left += end == STEP_LEFT;
    if (code != AVAL_OK && steps->status == EXIT_FINE)
        steps->status = aval_code_exit_status(code);
    if (!wants_json(steps->arguments)) {
        const enum tone tone = end == STEP_LEFT ? TONE_WARN : TONE_GOOD;
        say_text("%s%-8s%s %-10s %s%s%s\n", tone_begin(tone, 1), _(ENDS[end]), tone_end(tone, 1), step, what,
                 words[0] != 0 ? ": " : "", words);
        return;
    }
    report_object_begin(&steps->out, NULL);
    report_text(&steps->out, "step", NULL, step);
    report_text(&steps->out, "what", NULL, what);
    report_text(&steps->out, "end", NULL, ENDS[end]);
    report_text(&steps->out, "code", NULL, code == AVAL_OK ? "ok" : aval_code_name(code));
    report_text(&steps->out, "message", NULL, words);
    report_object_end(&steps->out);
}

int steps_end(struct steps *steps)
{
    report_objects_end(&steps->out);
    report_number(&steps->out, "exit_status", NULL, (uint64_t)steps->status);
    const int status = report_answer(&steps->out, PROGRAM, steps->status);
    report_free(&steps->out);
    return status;
}

/* ---- the timer ---- */

static bool has_systemd(void)
{
    struct stat found;
    return stat("/run/systemd/system", &found) == 0 && S_ISDIR(found.st_mode);
}

/* Whether systemctl did it. */
static bool ask_systemd(const char *verb)
{
    char command[] = "systemctl";
    char quiet[] = "--quiet";
    char now[] = "--now";
    char timer[] = TIMER;
    char word[16];
    snprintf(word, sizeof word, "%s", verb);
    char *const arguments[] = {command, quiet, word, now, timer, NULL};
    pid_t child;
    int status = -1;
    if (posix_spawnp(&child, command, NULL, NULL, arguments, environ) != 0)
        return false;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* A state of one's own has no timer of the system's. */
static bool is_of_system(const struct arguments *arguments)
{
    return geteuid() == 0 && argument_value(arguments, "state", NULL) == NULL;
}

void timer_set(struct steps *steps, bool on)
{
    if (is_of_system(steps->arguments) && has_systemd() && ask_systemd(on ? "enable" : "disable"))
        steps_say(steps, _("timer"), TIMER, STEP_DONE, AVAL_OK, "");
    else if (on)
        steps_say(steps, _("timer"), _("nobody renews by itself yet"), STEP_LEFT, AVAL_OK,
                  is_of_system(steps->arguments)
                      ? _("put this line into /etc/cron.d/aval: " CRON_LINE)
                      : _("have `aval renew --all`, with this --state, run once an hour: crontab -e"));
    else if (is_of_system(steps->arguments) && access("/etc/cron.d/aval", F_OK) == 0)
        steps_say(steps, _("timer"), "/etc/cron.d/aval", STEP_LEFT, AVAL_OK, _("remove the line that renews"));
}
