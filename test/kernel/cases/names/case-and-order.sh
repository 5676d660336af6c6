# S3's names differ by case, and its order is by bytes.
echo lower >name
echo upper >NAME
mkdir a a.b a-b
touch a/x a.b/x a-b/x
forget
same "$(cat name NAME)" $'lower\nupper' 'the contents'
same "$(LC_ALL=C ls)" $'NAME\na\na-b\na.b\nname' 'the listing'
