/* What a reading came to; see reading.h. */
#include "reading.h"

#include "base/bytes.h"

#include <stdio.h>

/* A path and the words of a file can be any bytes, and words are cut at any: what is no UTF-8 is '?', which JSON takes.
 */
static void copy_words(const char *from, char *to, size_t size)
{
    (void)snprintf(to, size, "%s", from);
    while (*to != 0) {
        const size_t length = utf8_length(slice_of(to));
        if (length == 0)
            *to = '?';
        to += length == 0 ? 1 : length;
    }
}

void reading_refuse(struct control_reading *reading, const char *what, const char *file, struct result why,
                    const struct reason *reason, seconds now)
{
    if (reading->refused_count == CONTROL_REFUSED_MAX)
        return;
    struct control_refused *const refused = &reading->refused[reading->refused_count++];
    refused->line = result_place(why);
    refused->time = now;
    copy_words(what, refused->what, sizeof refused->what);
    copy_words(file == NULL ? "" : file, refused->file, sizeof refused->file);
    copy_words(error_info(result_code(why))->name, refused->code, sizeof refused->code);
    copy_words(reason->text, refused->words, sizeof refused->words);
}

void reading_wait(struct control_reading *reading, const char *option)
{
    if (reading->waiting_count == CONTROL_WAITING_MAX)
        return;
    struct control_waiting *const waiting = &reading->waiting[reading->waiting_count++];
    copy_words(option, waiting->option, sizeof waiting->option);
}
