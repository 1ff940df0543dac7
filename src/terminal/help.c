/* The pages of --help; see help.h. */
#include "help.h"

#include "base/sentences.h"
#include "terminal/say.h"
#include "text.h"

#include <string.h>
#include <unistd.h>

enum {
    INDENT = 2,
    GAP = 2,
    LEFT_MAX = 30, /* a wider left side gets a line of its own */
    LEFT_SIZE = 256,
};

const struct option_info common_options[] = {
    {.name = "help", .letter = 'h', .help = N_("show this page")},
    {.name = "version", .letter = 'V', .help = N_("show the version")},
    {0},
};

const char *second_word(const char *name, const char *group)
{
    const size_t size = strlen(group);
    return strncmp(name, group, size) == 0 && name[size] == ' ' ? name + size + 1 : NULL;
}

static void heading(FILE *stream, const char *text)
{
    const int descriptor = fileno(stream);
    fprintf(stream, "\n%s%s:%s\n", tone_begin(TONE_STRONG, descriptor), text, tone_end(TONE_STRONG, descriptor));
}

/* One line of a list: what is typed, and what it does from column `column` on. */
static void entry(FILE *stream, const char *left, const char *right, size_t column)
{
    const size_t end = INDENT + text_width(left);
    text_spaces(stream, INDENT);
    text_print(stream, left);
    if (end + GAP > column) {
        fputc('\n', stream);
        text_spaces(stream, column);
    } else {
        text_spaces(stream, column - end);
    }
    text_wrap(stream, right, column, column);
}

/* Widens the column of the right side for this left side. */
static void make_room(size_t *column, const char *left)
{
    const size_t width = text_width(left);
    if (width <= LEFT_MAX && INDENT + width + GAP > *column)
        *column = INDENT + width + GAP;
}

/* "-v, --verbose", "    --state FOLDER" */
static void option_left(const struct option_info *option, char left[static LEFT_SIZE])
{
    const char letter[] = {'-', option->letter, ',', ' ', 0};
    snprintf(left, LEFT_SIZE, "%s--%s%s%s%s", option->letter == 0 ? "    " : letter, option->name,
             option->value == NULL ? "" : " ", option->value == NULL ? "" : option->value,
             option->repeated ? "..." : "");
}

/* Those of the command (NULL: none), of the program and of every program, in one list. */
static void print_options(FILE *stream, const struct option_info *own, const struct option_info *of_program)
{
    const struct option_info *const tables[] = {own, of_program, common_options};
    enum { TABLES = sizeof tables / sizeof tables[0] };
    char left[LEFT_SIZE];
    size_t column = 0;
    for (size_t i = 0; i < TABLES; i++)
        for (const struct option_info *option = tables[i]; option != NULL && option->name != NULL; option++) {
            option_left(option, left);
            make_room(&column, left);
        }
    heading(stream, _("Options"));
    for (size_t i = 0; i < TABLES; i++)
        for (const struct option_info *option = tables[i]; option != NULL && option->name != NULL; option++) {
            option_left(option, left);
            entry(stream, left, _(option->help), column);
        }
}

/* Every command, or those of a group. */
static void print_commands(FILE *stream, const struct program_info *program, const char *group)
{
    char left[LEFT_SIZE];
    size_t column = 0;
    for (int printing = 0; printing < 2; printing++) {
        if (printing == 1)
            heading(stream, _("Commands"));
        for (const struct command_info *command = program->commands; command->name != NULL; command++) {
            if (group != NULL && second_word(command->name, group) == NULL && strcmp(command->name, group) != 0)
                continue;
            const char *arguments = command->arguments == NULL ? "" : command->arguments;
            snprintf(left, sizeof left, "%s%s%s", command->name, *arguments == 0 ? "" : " ", arguments);
            if (printing == 0)
                make_room(&column, left);
            else
                entry(stream, left, _(command->summary), column);
        }
    }
}

/* Lines as they are, indented. */
static void print_lines(FILE *stream, const char *text, size_t indent)
{
    while (*text != 0) {
        const size_t length = strcspn(text, "\n");
        if (length > 0)
            text_spaces(stream, indent);
        fwrite(text, 1, length, stream);
        fputc('\n', stream);
        text += length + (text[length] == '\n' ? 1 : 0);
    }
}

void help_program(FILE *stream, const struct program_info *program)
{
    fprintf(stream, _("Usage: %s COMMAND [OPTION]... [ARGUMENT]...\n\n"), program->name);
    text_wrap(stream, _(program->summary), 0, 0);
    print_commands(stream, program, NULL);
    print_options(stream, NULL, program->options);
    fprintf(stream, _("\n'%s COMMAND --help' says more about a command.\n"), program->name);
    if (program->epilogue != NULL) {
        fputc('\n', stream);
        print_lines(stream, _(program->epilogue), 0);
    }
}

void help_group(FILE *stream, const struct program_info *program, const char *group)
{
    fprintf(stream, _("Usage: %s %s COMMAND [OPTION]... [ARGUMENT]...\n"), program->name, group);
    print_commands(stream, program, group);
    print_options(stream, NULL, program->options);
}

void help_command(FILE *stream, const struct program_info *program, const struct command_info *command)
{
    const char *arguments = command->arguments == NULL ? "" : command->arguments;
    fprintf(stream, _("Usage: %s %s [OPTION]...%s%s\n\n"), program->name, command->name, *arguments == 0 ? "" : " ",
            arguments);
    text_wrap(stream, _(command->summary), 0, 0);
    print_options(stream, command->options, program->options);
    if (command->examples != NULL) {
        heading(stream, _("Examples"));
        print_lines(stream, command->examples, INDENT);
    }
}
