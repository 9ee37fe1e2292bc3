<?php
const VERSION = '1';

if ($_SERVER['DOCUMENT_URI'] === '/slow') {
    usleep((int) (1e6 * (float) ($_GET['s'] ?? 5)));
}
header('Content-Type: text/plain');
echo 'php-fpm, pid ', posix_getppid(), ', version ', VERSION, "\n";
