/* Command lines and pages of --help, over the table of a program that does not exist. */
#include "terminal/program.h"

#include "capture.h"
#include "terminal/say.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct captured captured;
/* What the command that ran was given, as text: "COMMAND option=value switch | argument argument". */
static char seen[1024];

static int note(const struct arguments *arguments, void *context)
{
    size_t size = (size_t)snprintf(seen, sizeof seen, "%s", arguments->command->name);
    for (size_t i = 0; i < arguments->option_count; i++)
        size += (size_t)snprintf(seen + size, sizeof seen - size, " %s%s%s", arguments->options[i].info->name,
                                 arguments->options[i].value == NULL ? "" : "=",
                                 arguments->options[i].value == NULL ? "" : arguments->options[i].value);
    size += (size_t)snprintf(seen + size, sizeof seen - size, " |");
    for (size_t i = 0; i < arguments->count && size < sizeof seen - 16; i++)
        size += (size_t)snprintf(seen + size, sizeof seen - size, " %s", arguments->values[i]);
    const int *status = context;
    return status == NULL ? EXIT_FINE : *status;
}

static int chatter(const struct arguments *arguments, void *context)
{
    (void)context;
    printf("%s|%s|%s|%d\n", argument_value(arguments, "host", "none"),
           argument_value_at(arguments, "host", 0) == NULL ? "-" : argument_value_at(arguments, "host", 0),
           argument_value_at(arguments, "host", 2) == NULL ? "-" : argument_value_at(arguments, "host", 2),
           argument_given(arguments, "json"));
    return EXIT_FINE;
}

/* Fails with its own words, or with fewer for programs where an argument says so. */
static int break_down(const struct arguments *arguments, void *context)
{
    (void)context;
    if (arguments->count == 0)
        return say_problem(arguments, "there is no such thing.", ERR_NOT_FOUND);
    const int status = say_failure("demo", "thing", FAIL(LOCKED), "by another");
    say_answer("by another");
    return status;
}

static const struct option_info program_options[] = {
    {.name = "state",
     .letter = 's',
     .value = "FOLDER",
     .help = "where this machine keeps its state, instead of the usual place of the system"},
    {.name = "json", .letter = 'j', .help = "answer as JSON"},
    {0},
};
static const struct option_info status_options[] = {
    {.name = "verbose", .letter = 'v', .help = "everything", .repeated = true},
    {0},
};
static const struct option_info talk_options[] = {
    {.name = "host", .value = "HOST", .help = "a host", .repeated = true},
    {0},
};
static const struct command_info commands[] = {
    {.name = "status",
     .arguments = "",
     .summary = "show the state",
     .options = status_options,
     .run = note,
     .examples = "demo status -v\ndemo status --json"},
    {.name = "key install", .arguments = "KEY", .summary = "install a product key", .least = 1, .most = 1, .run = note},
    {.name = "key remove", .arguments = "SUFFIX", .summary = "remove one", .least = 1, .most = 1, .run = note},
    {.name = "machines", .arguments = "", .summary = "list machines", .run = note},
    {.name = "machines find", .arguments = "[WORD]...", .summary = "find machines", .most = ARGUMENTS_MAX, .run = note},
    {.name = "fail", .arguments = "[WORD]", .summary = "fail", .most = 1, .run = break_down},
    {.name = "talk", .arguments = "", .summary = "print", .options = talk_options, .run = chatter},
    {0},
};
static const struct program_info program = {
    .name = "demo",
    .summary = "A program with a summary that is so long that it can only be shown on two lines, of which none is "
               "longer than a terminal is wide.",
    .options = program_options,
    .commands = commands,
    .epilogue = "The end.",
};

static int run_with(void *context, int count, char **words)
{
    seen[0] = 0;
    capture_begin();
    const int status = program_main(&program, count, words, context);
    capture_end(&captured);
    return status;
}

/* Runs the line, split at spaces; "''" is an empty word. */
static int run(const char *line)
{
    static char copy[8192];
    static char *words[512];
    static char empty[] = "";
    snprintf(copy, sizeof copy, "demo %s", line);
    int count = 0;
    for (char *rest = copy, *word; (word = strsep(&rest, " ")) != NULL;)
        if (*word != 0)
            words[count++] = strcmp(word, "''") == 0 ? empty : word;
    words[count] = NULL;
    return run_with(NULL, count, words);
}

static void lines_are_understood(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        const char *seen;
    } rows[] = {
        {"status", "status |"},
        {"--state X status", "status state=X |"},
        {"status --state=X", "status state=X |"},
        {"status --state X", "status state=X |"},
        {"status --state=", "status state= |"},
        {"status --state=a=b", "status state=a=b |"},
        {"status -sX -j", "status state=X json |"},
        {"status -vj", "status verbose json |"},
        {"status -jsX", "status json state=X |"},
        {"status -v -v", "status verbose verbose |"},
        {"key install K", "key install | K"},
        {"key install -j K", "key install json | K"},
        {"key install K -j", "key install json | K"},
        {"key -j install K", "key install json | K"},
        {"-j key --state X install K", "key install json state=X | K"},
        {"key install -- -K", "key install | -K"},
        {"key install -- --", "key install | --"},
        {"key install -", "key install | -"},
        {"key install ''", "key install | "},
        {"-- status", "status |"},
        {"machines", "machines |"},
        {"machines -j", "machines json |"},
        {"machines find", "machines find |"},
        {"machines find a -j b c", "machines find json | a b c"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(run(rows[i].line), EXIT_FINE);
        assert_string_equal(seen, rows[i].seen);
        assert_string_equal(captured.error, "");
    }
}

static void a_line_that_is_not_understood_is_answered_in_json_where_that_is_asked_for(void **state)
{
    (void)state;
    assert_int_equal(run("statsu --json"), EXIT_USAGE);
    assert_string_equal(captured.out, "{\"code\": \"usage\", \"message\": \"unknown command 'statsu'; did you mean "
                                      "'status'? See 'demo --help'\", \"exit_status\": 2}\n");
    assert_int_equal(run("statsu -j"), EXIT_USAGE);
    assert_non_null(strstr(captured.out, "\"code\": \"usage\""));
    assert_int_equal(run("statsu -- --json"), EXIT_USAGE);
    assert_string_equal(captured.out, "");
}

static void a_command_that_fails_is_answered_in_json_where_that_is_asked_for(void **state)
{
    (void)state;
    const int not_found = error_info(ERR_NOT_FOUND)->exit_status;
    assert_int_equal(run("fail"), not_found);
    assert_string_equal(captured.out, "");
    assert_string_equal(captured.error, "demo: there is no such thing. (not-found)\n");
    char answer[256];
    snprintf(answer, sizeof answer,
             "{\"code\": \"not-found\", \"message\": \"there is no such thing.\", \"exit_status\": %d}\n", not_found);
    assert_int_equal(run("fail --json"), not_found);
    assert_string_equal(captured.out, answer);
    assert_string_equal(captured.error, "");
    /* Said in full to people, and in the words chosen to programs; by a letter among others too. */
    assert_int_equal(run("fail x -js X"), error_info(ERR_LOCKED)->exit_status);
    assert_non_null(strstr(captured.out, "\"code\": \"locked\", \"message\": \"by another\""));
    assert_non_null(strstr(captured.error, "demo: thing: "));
}

static void help_and_version_are_words_too(void **state)
{
    (void)state;
    char page[sizeof captured.out];
    assert_int_equal(run("--help"), EXIT_FINE);
    memcpy(page, captured.out, sizeof page);
    assert_int_equal(run("help"), EXIT_FINE);
    assert_string_equal(captured.out, page);
    assert_int_equal(run("key install --help"), EXIT_FINE);
    memcpy(page, captured.out, sizeof page);
    assert_int_equal(run("help key install"), EXIT_FINE);
    assert_string_equal(captured.out, page);
    assert_int_equal(run("version"), EXIT_FINE);
    assert_string_equal(captured.out, "demo " AVAL_VERSION "\n");
    assert_int_equal(run("help statsu"), EXIT_USAGE);
}

static void lines_that_are_not_understood_run_nothing_and_name_the_word(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        const char *message;
    } rows[] = {
        {"", "demo: a command is needed; see 'demo --help'\n"},
        {"statsu", "demo: unknown command 'statsu'; did you mean 'status'? See 'demo --help'\n"},
        {"install", "demo: unknown command 'install'; did you mean 'key install'? See 'demo --help'\n"},
        {"xyzzyx", "demo: unknown command 'xyzzyx'; see 'demo --help'\n"},
        {"key", "demo: 'key' needs a second word; see 'demo key --help'\n"},
        {"key instal K", "demo: unknown command 'key instal'; did you mean 'key install'? See 'demo key --help'\n"},
        {"machines fnid", "demo: unknown command 'machines fnid'; did you mean 'machines find'? See"},
        {"status now", "demo: 'now' is one argument too many; see 'demo status --help'\n"},
        {"key install", "demo: 'key install' needs KEY; see 'demo key install --help'\n"},
        {"key install A B", "demo: 'B' is one argument too many; see 'demo key install --help'\n"},
        {"status --stat X", "demo: unknown option '--stat'; did you mean '--state'? See 'demo status --help'\n"},
        {"status --quack", "demo: unknown option '--quack'; see 'demo status --help'\n"},
        {"--verbose status", "demo: unknown option '--verbose' (options of a command stand behind it); see 'demo"},
        {"status -x", "demo: unknown option '-x'; see 'demo status --help'\n"},
        {"status -jx", "demo: unknown option '-x'; see 'demo status --help'\n"},
        {"status --state", "demo: option '--state' needs FOLDER; see 'demo status --help'\n"},
        {"status --json=yes", "demo: option '--json' takes no value\n"},
        {"status -j --json", "demo: option '--json' was given twice\n"},
        {"status \033[2J", "demo: '?[2J' is one argument too many; see 'demo status --help'\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(run(rows[i].line), EXIT_USAGE);
        assert_string_equal(seen, "");
        if (strcmp(rows[i].line, "status -j --json") != 0) /* the one that asks for JSON, in words that are known */
            assert_string_equal(captured.out, "");
        char start[1024];
        snprintf(start, sizeof start, "%.*s", (int)strlen(rows[i].message), captured.error);
        assert_string_equal(start, rows[i].message);
    }
}

static void the_first_word_of_two_lists_the_second(void **state)
{
    (void)state;
    assert_int_equal(run("key"), EXIT_USAGE);
    assert_non_null(strstr(captured.error, "  key install KEY    install a product key\n"));
    assert_non_null(strstr(captured.error, "  key remove SUFFIX  remove one\n"));
    assert_null(strstr(captured.error, "show the state"));
    assert_int_equal(run("key --help"), EXIT_FINE);
    assert_non_null(strstr(captured.out, "  key remove SUFFIX  remove one\n"));
}

static void the_page_of_the_program_is_aligned_and_wrapped(void **state)
{
    (void)state;
    assert_int_equal(run("--help"), EXIT_FINE);
    assert_string_equal(captured.out, "Usage: demo COMMAND [OPTION]... [ARGUMENT]...\n"
                                      "\n"
                                      "A program with a summary that is so long that it can only be shown on two\n"
                                      "lines, of which none is longer than a terminal is wide.\n"
                                      "\n"
                                      "Commands:\n"
                                      "  status                   show the state\n"
                                      "  key install KEY          install a product key\n"
                                      "  key remove SUFFIX        remove one\n"
                                      "  machines                 list machines\n"
                                      "  machines find [WORD]...  find machines\n"
                                      "  fail [WORD]              fail\n"
                                      "  talk                     print\n"
                                      "\n"
                                      "Options:\n"
                                      "  -s, --state FOLDER  where this machine keeps its state, instead of the usual\n"
                                      "                      place of the system\n"
                                      "  -j, --json          answer as JSON\n"
                                      "  -h, --help          show this page\n"
                                      "  -V, --version       show the version\n"
                                      "\n"
                                      "'demo COMMAND --help' says more about a command.\n"
                                      "\n"
                                      "The end.\n");
}

static void the_page_of_a_command_has_its_options_and_examples(void **state)
{
    (void)state;
    assert_int_equal(run("status -h"), EXIT_FINE);
    assert_string_equal(seen, "");
    assert_non_null(strstr(captured.out, "Usage: demo status [OPTION]...\n\nshow the state\n"));
    assert_non_null(strstr(captured.out, "  -v, --verbose...    everything\n"));
    assert_non_null(strstr(captured.out, "\nExamples:\n  demo status -v\n  demo status --json\n"));
    assert_int_equal(run("key install --help"), EXIT_FINE);
    assert_non_null(strstr(captured.out, "Usage: demo key install [OPTION]... KEY\n"));
}

static void the_version_is_said(void **state)
{
    (void)state;
    assert_int_equal(run("--version"), EXIT_FINE);
    assert_string_equal(captured.out, "demo " AVAL_VERSION "\n");
}

static void the_status_of_the_command_is_that_of_the_program(void **state)
{
    (void)state;
    char name[] = "demo";
    char word[] = "status";
    char *words[] = {name, word, NULL};
    int status = EXIT_SEATS;
    assert_int_equal(run_with(&status, 2, words), EXIT_SEATS);
}

static void repeated_options_are_kept_in_order(void **state)
{
    (void)state;
    assert_int_equal(run("talk --host a --host=b --host c -j"), EXIT_FINE);
    assert_string_equal(captured.out, "c|a|c|1\n");
    assert_int_equal(run("talk"), EXIT_FINE);
    assert_string_equal(captured.out, "none|-|-|0\n");
}

/* As many words as fit, and one more. */
static void more_than_the_limits_is_refused(void **state)
{
    (void)state;
    static char line[8192];
    size_t size = (size_t)snprintf(line, sizeof line, "machines find");
    for (int i = 0; i < ARGUMENTS_MAX; i++)
        size += (size_t)snprintf(line + size, sizeof line - size, " w");
    assert_int_equal(run(line), EXIT_FINE);
    snprintf(line + size, sizeof line - size, " w");
    assert_int_equal(run(line), EXIT_USAGE);

    size = (size_t)snprintf(line, sizeof line, "status");
    for (int i = 0; i < OPTIONS_MAX; i++)
        size += (size_t)snprintf(line + size, sizeof line - size, " -v");
    assert_int_equal(run(line), EXIT_FINE);
    snprintf(line + size, sizeof line - size, " -v");
    assert_int_equal(run(line), EXIT_USAGE);
}

static void output_that_cannot_be_written_is_a_failure(void **state)
{
    (void)state;
    const int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    if (full < 0)
        skip();
    char name[] = "demo";
    char word[] = "talk";
    char *words[] = {name, word, NULL};
    capture_begin();
    const int kept = dup(STDOUT_FILENO);
    dup2(full, STDOUT_FILENO);
    const int status = program_main(&program, 2, words, NULL);
    dup2(kept, STDOUT_FILENO);
    capture_end(&captured);
    close(kept);
    close(full);
    assert_int_equal(status, EXIT_FILES);
    assert_non_null(strstr(captured.error, "demo: standard output: "));
    assert_non_null(strstr(captured.error, "No space left on device"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_understood),
        cmocka_unit_test(lines_that_are_not_understood_run_nothing_and_name_the_word),
        cmocka_unit_test(a_line_that_is_not_understood_is_answered_in_json_where_that_is_asked_for),
        cmocka_unit_test(a_command_that_fails_is_answered_in_json_where_that_is_asked_for),
        cmocka_unit_test(help_and_version_are_words_too),
        cmocka_unit_test(the_first_word_of_two_lists_the_second),
        cmocka_unit_test(the_page_of_the_program_is_aligned_and_wrapped),
        cmocka_unit_test(the_page_of_a_command_has_its_options_and_examples),
        cmocka_unit_test(the_version_is_said),
        cmocka_unit_test(the_status_of_the_command_is_that_of_the_program),
        cmocka_unit_test(repeated_options_are_kept_in_order),
        cmocka_unit_test(more_than_the_limits_is_refused),
        cmocka_unit_test(output_that_cannot_be_written_is_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
