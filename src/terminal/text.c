/* Width, printing and wrapping of text; see text.h. Tones live here, since nothing else may pass to the terminal. */
#include "text.h"

#include "base/bytes.h"
#include "terminal/tone.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_WIDTH = 80 };

static const char *const tones[] = {
    [TONE_PLAIN] = "",       [TONE_GOOD] = "\033[32m", [TONE_WARN] = "\033[33m",
    [TONE_BAD] = "\033[31m", [TONE_DIM] = "\033[2m",   [TONE_STRONG] = "\033[1m",
};
static const char tone_off[] = "\033[0m";

static bool coloured(int stream)
{
    const char *refused = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");
    return isatty(stream) && (refused == NULL || *refused == 0) && terminal != NULL && strcmp(terminal, "dumb") != 0;
}

const char *tone_begin(enum tone tone, int stream)
{
    return coloured(stream) ? tones[tone] : "";
}

const char *tone_end(enum tone tone, int stream)
{
    return tone != TONE_PLAIN && coloured(stream) ? tone_off : "";
}

/* Length of the tone sequence that the text begins with, or 0. */
static size_t tone_length(const char *text)
{
    if (*text != '\033')
        return 0;
    if (strncmp(text, tone_off, sizeof tone_off - 1) == 0)
        return sizeof tone_off - 1;
    for (size_t i = 0; i < sizeof tones / sizeof tones[0]; i++) {
        const size_t length = strlen(tones[i]);
        if (length > 0 && strncmp(text, tones[i], length) == 0)
            return length;
    }
    return 0;
}

enum { CHARACTER_MAX = 4 }; /* bytes */

/* Length of the character that the text begins with; 1 where that is no UTF-8. */
static size_t character_length(const char *text)
{
    const size_t length = utf8_length(slice_make(text, strnlen(text, CHARACTER_MAX)));
    return length == 0 ? 1 : length;
}

/* Whether that character is not to be shown as itself: a control, or no UTF-8 (0x9b begins a control sequence where a
 * terminal reads Latin-1). */
static bool is_hidden(const char *text, size_t length)
{
    const struct slice character = slice_make(text, length);
    return utf8_length(character) == 0 || utf8_is_control(character);
}

size_t text_width(const char *text)
{
    size_t width = 0;
    while (*text != 0) {
        const size_t tone = tone_length(text);
        width += tone == 0;
        text += tone > 0 ? tone : character_length(text);
    }
    return width;
}

void text_print(FILE *stream, const char *text)
{
    while (*text != 0) {
        const size_t tone = tone_length(text);
        const size_t length = tone > 0 ? tone : character_length(text);
        const bool shown = tone > 0 ? coloured(fileno(stream)) : !is_hidden(text, length);
        if (shown)
            fwrite(text, 1, length, stream);
        else
            fputc('?', stream);
        text += length;
    }
}

void text_spaces(FILE *stream, size_t count)
{
    fprintf(stream, "%*s", (int)count, "");
}

void text_wrap(FILE *stream, const char *text, size_t column, size_t indent)
{
    bool first = true;
    while (*(text += strspn(text, " \n")) != 0) {
        const size_t length = strcspn(text, " \n");
        char word[LINE_WIDTH * 4];
        const int shown = length < sizeof word ? (int)length : (int)sizeof word - 1;
        snprintf(word, sizeof word, "%.*s", shown, text);
        const size_t width = text_width(word);
        if (!first && column + 1 + width >= LINE_WIDTH) {
            fputc('\n', stream);
            text_spaces(stream, indent);
            column = indent;
        } else if (!first) {
            fputc(' ', stream);
            column++;
        }
        text_print(stream, word);
        column += width;
        text += length;
        first = false;
    }
    fputc('\n', stream);
}
