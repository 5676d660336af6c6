echo '#!/bin/sh
echo ran' >program
refused ./program
chmod 755 program
forget
same "$(stat -c %a program)" 755 'the mode'
same "$(./program)" ran 'what the program says'
sleep 3 # uploaded by now
chmod 4751 program
forget
same "$(stat -c %a program)" 4751 'the mode of an uploaded file'
mkdir folder
chmod 700 folder
forget
same "$(stat -c %a folder)" 700 'the mode of a directory'
chmod u+w,o= program
same "$(stat -c %a program)" 4750 'the mode'
