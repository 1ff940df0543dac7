/* What main() of each program does; see program.h. */
#include "terminal/program.h"

#include "base/secret.h"
#include "base/sentences.h"
#include "failure.h"
#include "reading.h"
#include "terminal/report.h"
#include "terminal/say.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The switch that asks for JSON, in the tables of the program and its commands; NULL where it has none. */
static const struct option_info *json_option(const struct program_info *program)
{
    const struct option_info *option = option_find(program->options, "json", strlen("json"), 0);
    for (const struct command_info *command = program->commands; option == NULL && command->name != NULL; command++)
        option = option_find(command->options, "json", strlen("json"), 0);
    return option;
}

/* Whether a word of the command line is that switch, by its name or by its letter alone. */
static bool is_switch(const struct option_info *option, const char *word)
{
    if (word[0] != '-')
        return false;
    if (word[1] == '-')
        return strcmp(word + 2, option->name) == 0;
    return option->letter != 0 && word[1] == option->letter && word[2] == 0;
}

/* Whether JSON was asked for, also by a command line that is not understood. */
static bool asks_json(const struct program_info *program, int argc, char **argv)
{
    const struct option_info *const option = json_option(program);
    for (int i = 1; option != NULL && i < argc && strcmp(argv[i], "--") != 0; i++)
        if (is_switch(option, argv[i]))
            return true;
    return false;
}

/* {"code", "message", "exit_status"} on standard output, where the command has printed nothing there. */
static void answer_failure(int exit_status)
{
    const char *name;
    const char *message;
    if (!failure_unanswered(&name, &message))
        return;
    CLEANUP_REPORT struct report report;
    report_begin(&report, true);
    report_text(&report, "code", NULL, name);
    report_text(&report, "message", NULL, message);
    report_number(&report, "exit_status", NULL, (uint64_t)exit_status);
    result_ignore(report_finish(&report)); /* it has been said on standard error */
}

/* What could not be written to standard output was promised and not delivered: a full disk must not look like success.
 */
static int check_output(const char *program, int status)
{
    errno = 0;
    const bool failed = fflush(stdout) != 0;
    if (!failed && ferror(stdout) == 0)
        return status;
    const int reason = errno;
    clearerr(stdout);
    const int exit_status =
        say_failure(program, _("standard output"), FAIL(FILE_WRITE), reason != 0 ? strerror(reason) : NULL);
    return status != EXIT_FINE ? status : exit_status;
}

/* Reads the command line and does what it says. */
static int run(const struct program_info *program, int argc, char **argv, struct arguments *arguments, void *context)
{
    const struct result started = secret_start();
    if (!is_ok(started))
        return say_failure(program->name, NULL, started, NULL);
    int status = EXIT_FINE;
    if (!options_read(program, argc, argv, arguments, &status))
        return status;
    return arguments->command->run(arguments, context);
}

int program_main(const struct program_info *program, int argc, char **argv, void *context)
{
    /* A line is one write, or another thread's log would stand in the middle of it. */
    (void)setvbuf(stderr, NULL, _IOLBF, BUFSIZ);
    struct arguments arguments = {.program = program};
    const int status = run(program, argc, argv, &arguments, context);
    if (status != EXIT_FINE && (wants_json(&arguments) || asks_json(program, argc, argv)))
        answer_failure(status);
    return check_output(program->name, status);
}

int say_problem(const struct arguments *arguments, const char *message, int code)
{
    const struct error_info *info = error_info((enum error_code)code);
    if (wants_json(arguments))
        failure_keep(info->name, message);
    else
        say_usage(arguments->program->name, "%s (%s)", message, info->name);
    return info->exit_status;
}
