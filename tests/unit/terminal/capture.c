/* Catching of both streams; see capture.h. */
#include "capture.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int kept[2];
static FILE *caught[2];

void capture_begin(void)
{
    fflush(stdout);
    fflush(stderr);
    for (int i = 0; i < 2; i++) {
        kept[i] = dup(i + 1);
        caught[i] = tmpfile();
        if (kept[i] < 0 || caught[i] == NULL || dup2(fileno(caught[i]), i + 1) < 0)
            abort();
    }
}

void capture_end(struct captured *ret_captured)
{
    fflush(stdout);
    fflush(stderr);
    char *const texts[2] = {ret_captured->out, ret_captured->error};
    for (int i = 0; i < 2; i++) {
        rewind(caught[i]);
        texts[i][fread(texts[i], 1, CAPTURE_SIZE - 1, caught[i])] = 0;
        fclose(caught[i]);
        dup2(kept[i], i + 1);
        close(kept[i]);
    }
}
