/** easydl is a library only: `easydl.ts <url> <file> <connections>` is the least program around it. */

/** What is used of it. Written down here, so that types are checked on machines without it as well. */
interface EasyDl {
  readonly default: new (url: string, file: string, options: object) => { wait(): Promise<boolean> };
}

const [url = '', file = '', connections = '8'] = process.argv.slice(2);
const name: string = 'easydl';
const { default: Download } = (await import(name)) as EasyDl;
await new Download(url, file, { connections: Number(connections), existBehavior: 'overwrite' }).wait();
