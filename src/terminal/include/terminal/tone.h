/* Tones of text on a terminal: colours where there is a terminal, and never with NO_COLOR. For one thread. */
#ifndef TERMINAL_TONE_H
#define TERMINAL_TONE_H

enum tone { TONE_PLAIN, TONE_GOOD, TONE_WARN, TONE_BAD, TONE_DIM, TONE_STRONG };
/* Control sequences for a tone and for its end on that stream (1 or 2), or "". Borrowed. */
const char *tone_begin(enum tone tone, int stream);
const char *tone_end(enum tone tone, int stream);

#endif
