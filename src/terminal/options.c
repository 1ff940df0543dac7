/*
 * Reading command lines; see options.h.
 *
 * Always: a line is either understood whole before a command runs, or nothing runs. Options of a command stand behind
 * its name; those of the program anywhere.
 */
#include "terminal/options.h"

#include "base/sentences.h"
#include "help.h"
#include "nearest.h"
#include "reading.h"
#include "terminal/say.h"

#include <stdio.h>
#include <string.h>

enum {
    NAME_SIZE = 64, /* of a command of two words */
    GO_ON = -1,     /* not an exit status: read the next word */
};

struct reader {
    struct arguments *out;
    int argc;
    char **argv;
    int next;
    const char *group;  /* first word of a command of two words, while the second has not come */
    bool options_ended; /* by -- */
    bool help;          /* the page of what follows is asked for */
};

/* "'aval key install --help'" is what every complaint points to. */
static void page_name(const struct reader *reader, char name[static NAME_SIZE])
{
    const struct command_info *command = reader->out->command;
    const char *word = command != NULL ? command->name : reader->group;
    snprintf(name, NAME_SIZE, "%s%s%s --help", reader->out->program->name, word == NULL ? "" : " ",
             word == NULL ? "" : word);
}

static int unknown_command(const struct reader *reader, const char *word)
{
    struct nearest nearest;
    nearest_begin(&nearest, word);
    for (const struct command_info *command = reader->out->program->commands; command->name != NULL; command++) {
        if (reader->group != NULL) {
            const char *second = second_word(command->name, reader->group);
            if (second != NULL)
                nearest_consider(&nearest, second, command->name);
            continue;
        }
        char first[NAME_SIZE];
        snprintf(first, sizeof first, "%.*s", (int)strcspn(command->name, " "), command->name);
        nearest_consider(&nearest, first, first);
        if (command->name[strlen(first)] == ' ')
            nearest_consider(&nearest, command->name + strlen(first) + 1, command->name);
    }
    const char *group = reader->group == NULL ? "" : reader->group;
    const char *space = reader->group == NULL ? "" : " ";
    char page[NAME_SIZE];
    page_name(reader, page);
    if (nearest.name[0] == 0)
        return say_usage(reader->out->program->name, _("unknown command '%s%s%s'; see '%s'"), group, space, word, page);
    return say_usage(reader->out->program->name, _("unknown command '%s%s%s'; did you mean '%s'? See '%s'"), group,
                     space, word, nearest.name, page);
}

/* Options */

const struct option_info *option_find(const struct option_info *table, const char *name, size_t size, char letter)
{
    for (const struct option_info *option = table; option != NULL && option->name != NULL; option++) {
        const bool named = name != NULL && strlen(option->name) == size && memcmp(option->name, name, size) == 0;
        if (named || (name == NULL && letter != 0 && option->letter == letter))
            return option;
    }
    return NULL;
}

/* By name, or where that is NULL by letter; NULL where it is not known here. */
static const struct option_info *find_option(const struct reader *reader, const char *name, size_t size, char letter)
{
    const struct command_info *command = reader->out->command;
    const struct option_info *option = option_find(command == NULL ? NULL : command->options, name, size, letter);
    if (option == NULL)
        option = option_find(reader->out->program->options, name, size, letter);
    return option != NULL ? option : option_find(common_options, name, size, letter);
}

static int unknown_option(const struct reader *reader, const char *shown, const char *name)
{
    const struct program_info *program = reader->out->program;
    const struct command_info *command = reader->out->command;
    char page[NAME_SIZE];
    page_name(reader, page);
    if (name == NULL)
        return say_usage(program->name, _("unknown option '%s'; see '%s'"), shown, page);
    struct nearest nearest;
    nearest_begin(&nearest, name);
    const struct option_info *const tables[] = {command == NULL ? NULL : command->options, program->options,
                                                common_options};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        for (const struct option_info *option = tables[i]; option != NULL && option->name != NULL; option++)
            nearest_consider(&nearest, option->name, option->name);
    if (nearest.name[0] != 0)
        return say_usage(program->name, _("unknown option '%s'; did you mean '--%s'? See '%s'"), shown, nearest.name,
                         page);
    return say_usage(program->name, _("unknown option '%s'%s; see '%s'"), shown,
                     command == NULL ? _(" (options of a command stand behind it)") : "", page);
}

static int answer_help(const struct reader *reader)
{
    const struct arguments *out = reader->out;
    if (out->command != NULL)
        help_command(stdout, out->program, out->command);
    else if (reader->group != NULL)
        help_group(stdout, out->program, reader->group);
    else
        help_program(stdout, out->program);
    return EXIT_FINE;
}

static int answer_version(const struct reader *reader)
{
    printf("%s %s\n", reader->out->program->name, AVAL_VERSION);
    return EXIT_FINE;
}

/* Keeps an option; `value` is NULL for a switch. */
static int keep_option(struct reader *reader, const struct option_info *option, const char *value)
{
    struct arguments *out = reader->out;
    if (option == &common_options[0])
        return answer_help(reader);
    if (option == &common_options[1])
        return answer_version(reader);
    for (size_t i = 0; i < out->option_count; i++)
        if (out->options[i].info == option && !option->repeated)
            return say_usage(out->program->name, _("option '--%s' was given twice"), option->name);
    if (out->option_count == OPTIONS_MAX)
        return say_usage(out->program->name, _("more than %d options"), OPTIONS_MAX);
    out->options[out->option_count++] = (struct given_option){option, value};
    return GO_ON;
}

/* The value of an option that takes one: what stands in the same word, else the next word. */
static int keep_with_value(struct reader *reader, const struct option_info *option, const char *attached)
{
    if (attached == NULL && reader->next < reader->argc)
        attached = reader->argv[reader->next++];
    if (attached == NULL) {
        char page[NAME_SIZE];
        page_name(reader, page);
        return say_usage(reader->out->program->name, _("option '--%s' needs %s; see '%s'"), option->name, option->value,
                         page);
    }
    return keep_option(reader, option, attached);
}

/* "--name", "--name=value" */
static int read_long(struct reader *reader, const char *word)
{
    const char *name = word + 2;
    const size_t size = strcspn(name, "=");
    const char *attached = name[size] == '=' ? name + size + 1 : NULL;
    const struct option_info *option = find_option(reader, name, size, 0);
    if (option == NULL) {
        char bare[NAME_SIZE];
        snprintf(bare, sizeof bare, "%.*s", size < sizeof bare ? (int)size : NAME_SIZE - 1, name);
        return unknown_option(reader, word, bare);
    }
    if (option->value != NULL)
        return keep_with_value(reader, option, attached);
    if (attached != NULL)
        return say_usage(reader->out->program->name, _("option '--%s' takes no value"), option->name);
    return keep_option(reader, option, NULL);
}

/* "-v", "-vj", "-sVALUE" */
static int read_letters(struct reader *reader, const char *word)
{
    for (const char *at = word + 1; *at != 0; at++) {
        const struct option_info *option = find_option(reader, NULL, 0, *at);
        if (option == NULL) {
            const char shown[] = {'-', *at, 0};
            return unknown_option(reader, at == word + 1 ? word : shown, NULL);
        }
        if (option->value != NULL)
            return keep_with_value(reader, option, at[1] == 0 ? NULL : at + 1);
        const int status = keep_option(reader, option, NULL);
        if (status != GO_ON)
            return status;
    }
    return GO_ON;
}

/* Words */

static const struct command_info *find_command(const struct program_info *program, const char *first,
                                               const char *second)
{
    for (const struct command_info *command = program->commands; command->name != NULL; command++) {
        const char *rest = second == NULL ? NULL : second_word(command->name, first);
        if (second == NULL ? strcmp(command->name, first) == 0 : rest != NULL && strcmp(rest, second) == 0)
            return command;
    }
    return NULL;
}

static bool is_group(const struct program_info *program, const char *word)
{
    for (const struct command_info *command = program->commands; command->name != NULL; command++)
        if (second_word(command->name, word) != NULL)
            return true;
    return false;
}

/* "help", "help COMMAND" and "version", which every program has as words too. */
static bool read_common_word(struct reader *reader, const char *word, int *ret_status)
{
    const bool first = reader->group == NULL && !reader->help;
    if (!first || (strcmp(word, "help") != 0 && strcmp(word, "version") != 0))
        return false;
    reader->help = word[0] == 'h';
    *ret_status = reader->help ? GO_ON : answer_version(reader);
    return true;
}

/* A word before the command is known. The longer name wins: "machines find" before "machines". */
static int read_command(struct reader *reader, const char *word)
{
    struct arguments *out = reader->out;
    int status = GO_ON;
    if (read_common_word(reader, word, &status))
        return status;
    if (reader->group != NULL) {
        out->command = find_command(out->program, reader->group, word);
        return out->command != NULL ? GO_ON : unknown_command(reader, word);
    }
    if (reader->next < reader->argc) {
        out->command = find_command(out->program, word, reader->argv[reader->next]);
        if (out->command != NULL) {
            reader->next++;
            return GO_ON;
        }
    }
    out->command = find_command(out->program, word, NULL);
    if (out->command != NULL)
        return GO_ON;
    if (!is_group(out->program, word))
        return unknown_command(reader, word);
    reader->group = word;
    return GO_ON;
}

static int read_word(struct reader *reader, const char *word)
{
    struct arguments *out = reader->out;
    if (!reader->options_ended && strcmp(word, "--") == 0) {
        reader->options_ended = true;
        return GO_ON;
    }
    if (!reader->options_ended && word[0] == '-' && word[1] == '-')
        return read_long(reader, word);
    if (!reader->options_ended && word[0] == '-' && word[1] != 0)
        return read_letters(reader, word);
    if (out->command == NULL)
        return read_command(reader, word);
    const size_t takes = reader->help ? 0 : out->command->most;
    const size_t most = takes < ARGUMENTS_MAX ? takes : ARGUMENTS_MAX;
    if (out->count < most) {
        out->values[out->count++] = word;
        return GO_ON;
    }
    char page[NAME_SIZE];
    page_name(reader, page);
    /* Where no argument is taken, what stands there may be the mistyped second word of a command. */
    if (most == 0 && is_group(out->program, out->command->name)) {
        reader->group = out->command->name;
        out->command = NULL;
        return unknown_command(reader, word);
    }
    return say_usage(out->program->name, _("'%s' is one argument too many; see '%s'"), word, page);
}

/* What was understood is complete: a command, with all that it needs. */
static int check_complete(const struct reader *reader)
{
    const struct arguments *out = reader->out;
    const char *program = out->program->name;
    if (reader->help)
        return answer_help(reader);
    if (out->command == NULL && reader->group != NULL) {
        say_usage(program, _("'%s' needs a second word; see '%s %s --help'"), reader->group, program, reader->group);
        help_group(stderr, out->program, reader->group);
        return EXIT_USAGE;
    }
    if (out->command == NULL) {
        say_usage(program, _("a command is needed; see '%s --help'"), program);
        help_program(stderr, out->program);
        return EXIT_USAGE;
    }
    if (out->count >= out->command->least)
        return GO_ON;
    char page[NAME_SIZE];
    page_name(reader, page);
    return say_usage(program, _("'%s' needs %s; see '%s'"), out->command->name, out->command->arguments, page);
}

bool options_read(const struct program_info *program, int argc, char **argv, struct arguments *ret_arguments,
                  int *ret_status)
{
    struct arguments arguments = {.program = program};
    struct reader reader = {.out = &arguments, .argc = argc, .argv = argv, .next = 1};
    int status = GO_ON;
    while (status == GO_ON && reader.next < argc)
        status = read_word(&reader, argv[reader.next++]);
    if (status == GO_ON)
        status = check_complete(&reader);
    if (status == GO_ON)
        *ret_arguments = arguments;
    else
        *ret_status = status;
    return status == GO_ON;
}

const char *argument_value_at(const struct arguments *arguments, const char *name, size_t n)
{
    for (size_t i = 0; i < arguments->option_count; i++)
        if (strcmp(arguments->options[i].info->name, name) == 0 && n-- == 0)
            return arguments->options[i].value;
    return NULL;
}

const char *argument_value(const struct arguments *arguments, const char *name, const char *otherwise)
{
    const char *value = otherwise;
    for (size_t i = 0; i < arguments->option_count; i++)
        if (strcmp(arguments->options[i].info->name, name) == 0)
            value = arguments->options[i].value;
    return value;
}

bool argument_given(const struct arguments *arguments, const char *name)
{
    for (size_t i = 0; i < arguments->option_count; i++)
        if (strcmp(arguments->options[i].info->name, name) == 0)
            return true;
    return false;
}

bool wants_json(const struct arguments *arguments)
{
    return argument_given(arguments, "json");
}
