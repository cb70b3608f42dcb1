// Makes the address of a page from its title.

export function run(text: ArrayBuffer): ArrayBuffer {
  const title = String.UTF8.decode(text).toLowerCase();
  let slug = "";
  for (let i = 0; i < title.length; i++) {
    const code = title.charCodeAt(i);
    const isKept = (code >= 97 && code <= 122) || (code >= 48 && code <= 57);
    if (isKept) slug += title.charAt(i);
    else if (slug.length > 0 && !slug.endsWith("-")) slug += "-";
  }
  return String.UTF8.encode(slug.endsWith("-") ? slug.slice(0, slug.length - 1) : slug);
}
