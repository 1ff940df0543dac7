/*
 * Asking for a passphrase, and for a yes; see say.h.
 *
 * Always: the terminal shows what is typed again afterwards, also when a signal ends the program meanwhile; the
 * passphrase is in secret memory only.
 */
#include "base/sentences.h"
#include "terminal/say.h"

#include "base/secret.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { PASSPHRASE_MAX = 1024 };

static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
enum { SIGNALS = sizeof signals / sizeof signals[0] };

static volatile sig_atomic_t signalled;

static void note_signal(int number)
{
    signalled = number;
}

/* One line of standard input, byte by byte: what follows it is for others to read. */
static RESULT read_line(char **ret_line)
{
    char *line = secret_new(PASSPHRASE_MAX + 1);
    ENSURE(line != NULL, NO_MEMORY);
    size_t size = 0;
    for (;;) {
        char byte = 0;
        const ssize_t got = read(STDIN_FILENO, &byte, 1);
        if (got < 0 && errno == EINTR && signalled == 0)
            continue;
        if (got == 0 || (got == 1 && byte == '\n'))
            break;
        if (got < 0 || byte == 0 || size == PASSPHRASE_MAX) {
            secret_free(line);
            return FAIL(USAGE);
        }
        line[size++] = byte;
    }
    if (size == 0) {
        secret_free(line);
        return FAIL(USAGE);
    }
    *ret_line = line;
    return RESULT_OK;
}

/* Reads a line that is not shown. A signal that comes meanwhile is given to the program once the terminal is as before.
 */
static RESULT read_hidden(const char *prompt, char **ret_line)
{
    struct termios before;
    ENSURE(tcgetattr(STDIN_FILENO, &before) == 0, USAGE);
    const struct sigaction noting = {.sa_handler = note_signal}; /* without SA_RESTART, so that read returns */
    struct sigaction kept[SIGNALS];
    signalled = 0;
    for (size_t i = 0; i < SIGNALS; i++)
        sigaction(signals[i], &noting, &kept[i]);
    struct termios hidden = before;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);

    fprintf(stderr, "%s: ", prompt);
    fflush(stderr);
    const struct result state = read_line(ret_line);
    fputc('\n', stderr);

    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    for (size_t i = 0; i < SIGNALS; i++)
        sigaction(signals[i], &kept[i], NULL);
    const int number = signalled;
    signalled = 0;
    if (number != 0)
        raise(number);
    return state;
}

RESULT ask_passphrase(const char *prompt, bool confirm, char **ret_passphrase)
{
    if (!isatty(STDIN_FILENO))
        return read_line(ret_passphrase);
    fflush(stdout);
    char *first = NULL;
    TRY(read_hidden(prompt, &first));
    if (confirm) {
        char *second = NULL;
        const struct result state = read_hidden(_("The same again"), &second);
        const bool same = is_ok(state) && strcmp(first, second) == 0;
        secret_free(second);
        if (!same) {
            secret_free(first);
            return is_ok(state) ? FAIL(USAGE) : state;
        }
    }
    *ret_passphrase = first;
    return RESULT_OK;
}

enum said ask_yes(const char *question)
{
    char *line = NULL;
    size_t capacity = 0;
    if (!isatty(STDIN_FILENO))
        return SAID_NOTHING;
    fprintf(stderr, _("%s? [y/N] "), question);
    fflush(stderr);
    const bool read = getline(&line, &capacity, stdin) > 0;
    const bool yes = read && (strcmp(line, "y\n") == 0 || strcmp(line, "yes\n") == 0);
    free(line);
    return yes ? SAID_YES : SAID_NO;
}
