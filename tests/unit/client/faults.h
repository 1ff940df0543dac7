/* Files that fail, and what is then to be said. */
#ifndef TEST_FAULTS_H
#define TEST_FAULTS_H

#include "world.h"

#define IN "one/" LEASE_IN

/* The path of a file below the root. */
void world_path(const struct world *world, const char *file, char ret_path[static PATH_SIZE]);
/* Puts a folder in the place of a file: it can be neither read nor replaced, whoever asks; and takes it away. */
void world_put_folder(const struct world *world, const char *file);
void world_take_folder(const struct world *world, const char *file);

/* The message is these words and the sentence of the table. */
void assert_message(const char *message, const char *words, enum error_code code);
/* The last message is the file's path, these words and the sentence. */
void assert_named(const struct world *world, const aval_machine *machine, const char *file, const char *words,
                  enum error_code code);

#endif
