/* What a function prints, caught in memory: standard output and standard error are sent to files without a name. */
#ifndef CAPTURE_H
#define CAPTURE_H

enum { CAPTURE_SIZE = 16384 };

struct captured {
    char out[CAPTURE_SIZE];
    char error[CAPTURE_SIZE];
};

/* From here on nothing reaches the test's own output. */
void capture_begin(void);
/* Gives both streams back and what was written meanwhile. */
void capture_end(struct captured *ret_captured);

#endif
