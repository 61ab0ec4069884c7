//! What the C library says of an error, in the languages of glibc 2.36 (`po/*.po`), and in the words of musl, macOS and Windows.

/// Why a system call on a socket failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Errno {
    /// ECONNREFUSED.
    Refused,
    /// ETIMEDOUT.
    TimedOut,
    /// EHOSTUNREACH.
    HostUnreachable,
    /// ENETUNREACH, ENETDOWN.
    NetworkUnreachable,
    /// EHOSTDOWN.
    HostDown,
    /// EACCES.
    AccessDenied,
    /// EPERM.
    NotPermitted,
    /// ECONNRESET.
    Reset,
    /// EADDRNOTAVAIL.
    AddressNotAvailable,
    /// EINVAL.
    InvalidArgument,
    /// EAFNOSUPPORT.
    FamilyNotSupported,
    /// EPIPE.
    BrokenPipe,
    /// EADDRINUSE.
    AddressInUse,
    /// ENOENT.
    NoSuchFile,
    /// EAGAIN.
    TryAgain,
    /// ENOMEM.
    NoMemory,
    /// ENOSPC.
    NoSpace,
    /// ENOPROTOOPT, EPROTO, EMSGSIZE, ENONET: rare ICMP codes.
    Protocol,
    /// Windows programs that give a socket's error another one's words.
    BadlyMapped,
    /// `ssh` did not come as far as connect(2): `socket` or `bind` failed (sshconnect.c).
    SetBefore,
    /// Refused or unreachable, by programs that do not tell which.
    NotConnected,
    /// Words that are not known.
    Unknown,
}

/// Why a name was not resolved: gai_strerror(3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Resolution {
    /// EAI_NONAME.
    NotFound,
    /// EAI_AGAIN.
    ServersDown,
    /// EAI_NODATA, EAI_ADDRFAMILY.
    NoAddress,
    /// EAI_FAIL, EAI_SYSTEM, EAI_SERVICE.
    Broken,
    /// Words that are not known.
    Unknown,
}

impl Errno {
    /// From the words at the beginning of `text`.
    pub(crate) fn of(text: &str) -> Self {
        longest(ERRNO, text).unwrap_or(Self::Unknown)
    }
}

impl Resolution {
    /// From the words at the beginning of `text`, or wherever they stand in it.
    pub(crate) fn of(text: &str) -> Self {
        let anywhere = || {
            RESOLUTION
                .iter()
                .find(|(_, words)| words.iter().any(|words| text.contains(words)))
                .map(|(meaning, _)| *meaning)
        };
        longest(RESOLUTION, text)
            .or_else(anywhere)
            .unwrap_or(Self::Unknown)
    }
}

/// The meaning whose words begin the text; newer translations have a typographic apostrophe where older ones have a plain one.
fn longest<M: Copy>(table: &[(M, &[&str])], text: &str) -> Option<M> {
    let plain = text.trim_start().replace('\u{2019}', "'");
    table
        .iter()
        .flat_map(|(meaning, words)| words.iter().map(move |words| (*meaning, *words)))
        .filter(|(_, words)| plain.starts_with(words))
        .max_by_key(|(_, words)| words.len())
        .map(|(meaning, _)| meaning)
}

#[rustfmt::skip]
/// strerror(3).
const ERRNO: &[(Errno, &[&str])] = &[
    (Errno::Refused, &["Connection refused", "Verbindungsaufbau abgelehnt", "Connexion refusée", "Conexión rehusada", "接続を拒否されました", "拒绝连接", "連線被拒絕", "Connessione rifiutata", "Conexão recusada", "В соединении отказано"]),
    (Errno::TimedOut, &["Connection timed out", "Die Wartezeit für die Verbindung ist abgelaufen", "Connexion terminée par expiration du délai d'attente", "Expiró el tiempo de conexión", "接続がタイムアウトしました", "连接超时", "連線超過時間", "Connessione scaduta", "Tempo esgotado para conexão", "Время ожидания соединения истекло", "Tiempo de conexión agotado", "Operation timed out"]),
    (Errno::HostUnreachable, &["No route to host", "Keine Route zum Zielrechner", "Aucun chemin d'accès pour atteindre l'hôte cible", "No existe ninguna ruta hasta el `host'", "ホストへの経路がありません", "没有到主机的路由", "找不到通往該主機的路由路徑", "Nessun instradamento per l'host", "Não há rota para o host", "Нет маршрута до узла", "Hôte inaccessible", "Host is unreachable"]),
    (Errno::NetworkUnreachable, &["Network is unreachable", "Das Netzwerk ist nicht erreichbar", "Le réseau n'est pas accessible", "La red es inaccesible", "ネットワークに届きません", "网络不可达", "無法接觸網路", "La rete non è raggiungibile", "A rede está fora de alcance", "Сеть недоступна", "Network unreachable", "Network is down", "Das Netzwerk ist nicht aktiv", "Le réseau ne fonctionne pas", "La red no está activa", "ネットワークが落ちています", "网络已关闭", "網路停擺", "La rete non è disponibile", "A rede não responde", "Сеть не работает"]),
    (Errno::HostDown, &["Host is down", "Der Rechner ist nicht aktiv", "L'hôte cible est arrêté ou en panne", "El `host' no está operativo", "ホストが落ちています", "主机关闭", "遠端系統已停機了", "L'host non è attivo", "Host está desligado", "Узел выключен"]),
    (Errno::AccessDenied, &["Permission denied", "Keine Berechtigung", "Permission non accordée", "Permiso denegado", "許可がありません", "权限不够", "拒絕不符權限的操作", "Permesso negato", "Permissão negada", "Отказано в доступе"]),
    (Errno::NotPermitted, &["Operation not permitted", "Die Operation ist nicht erlaubt", "Opération non permise", "Operación no permitida", "許可されていない操作です", "不允许的操作", "此項操作並不被允許", "Operazione non permessa", "Operação não permitida", "Операция не позволена"]),
    (Errno::Reset, &["Connection reset by peer", "Die Verbindung wurde vom Kommunikationspartner zurückgesetzt", "Connexion ré-initialisée par le correspondant", "Conexión reinicializada por la máquina remota", "接続が相手からリセットされました", "连接被对方重设", "連線被對方重設", "Connessione interrotta dal corrispondente", "Conexão fechada pela outra ponta", "Соединение разорвано другой стороной", "Connection reset"]),
    (Errno::AddressNotAvailable, &["Cannot assign requested address", "Die angeforderte Adresse kann nicht zugewiesen werden", "Ne peut attribuer l'adresse demandée", "No se puede asignar la dirección solicitada", "要求アドレスに割り当てられません", "无法指定被请求的地址", "無法指定所需的位址", "Impossibile assegnare l'indirizzo richiesto", "Não foi possível acessar o endereço requisitado", "Невозможно назначить запрошенный адрес", "Can't assign requested address", "Address not available"]),
    (Errno::InvalidArgument, &["Invalid argument", "Das Argument ist ungültig", "Argument invalide", "Argumento inválido", "無効な引数です", "无效的参数", "不適用的引數", "Argomento non valido", "Недопустимый аргумент"]),
    (Errno::FamilyNotSupported, &["Address family not supported by protocol", "Die Adressfamilie wird von der Protokollfamilie nicht unterstützt", "Famille d'adresses non supportée par le protocole", "Esta familia de direcciones no está soportada por el protocolo", "アドレスファミリはプロトコルによってサポートされていません", "协议不支持的地址族", "位址族群不被協定所支援", "Famiglia di indirizzi non supportata dal protocollo", "Família de endereços sem suporte pelo protocolo", "Семейство адресов не поддерживается протоколом", "Address family not supported"]),
    (Errno::BrokenPipe, &["Broken pipe", "Datenübergabe unterbrochen (broken pipe)", "Relais brisé (pipe)", "Tubería rota", "断开的管道", "管線損壞", "Pipe interrotta", "Pipe quebrado", "Обрыв канала"]),
    (Errno::AddressInUse, &["Address already in use", "Die Adresse wird bereits verwendet", "Adresse déjà utilisée", "La dirección ya se está usando", "アドレスは既に使用中です", "地址已在使用", "位址已經有在使用", "Indirizzo già in uso", "Endereço já em uso", "Адрес уже используется", "Address in use"]),
    (Errno::NoSuchFile, &["No such file or directory", "Datei oder Verzeichnis nicht gefunden", "Aucun fichier ou dossier de ce type", "No existe el fichero o el directorio", "そのようなファイルやディレクトリはありません", "没有那个文件或目录", "沒有此一檔案或目錄", "File o directory non esistente", "Arquivo ou diretório inexistente", "Нет такого файла или каталога"]),
    (Errno::TryAgain, &["Resource temporarily unavailable", "Die Ressource ist zur Zeit nicht verfügbar", "Ressource temporairement non disponible", "Recurso no disponible temporalmente", "リソースが一時的に利用できません", "资源暂时不可用", "資源暫時無法取得", "Risorsa temporaneamente non disponibile", "Recurso temporariamente indisponível", "Ресурс временно недоступен"]),
    (Errno::NoMemory, &["Cannot allocate memory", "Nicht genügend Hauptspeicher verfügbar", "Ne peut allouer de la mémoire", "No se pudo asignar memoria", "メモリを確保できません", "无法分配内存", "無法配置記憶體", "Impossibile allocare memoria", "Não foi possível alocar memória", "Невозможно выделить память", "Out of memory"]),
    (Errno::NoSpace, &["No space left on device", "Auf dem Gerät ist kein Speicherplatz mehr verfügbar", "Aucun espace disponible sur le périphérique", "No queda espacio en el dispositivo", "デバイスに空き領域がありません", "设备上没有空间", "裝置上已無多餘空間", "Spazio esaurito sul device", "Não há espaço disponível no dispositivo", "На устройстве не осталось свободного места"]),
    (Errno::Protocol, &["Protocol not available", "Das Protokoll ist nicht verfügbar", "Protocole non disponible", "Protocolo no disponible", "プロトコルは利用できません", "不可用的协议", "協定不存在", "Protocollo non disponibile", "Protocolo não disponível", "Протокол недоступен", "Protocol error", "Protokollfehler", "Erreur de protocole", "Error de protocolo", "プロトコルエラー", "协议错误", "協定錯誤", "Errore di protocollo", "Erro de protocolo", "Ошибка протокола", "Message too long", "Die Nachricht ist zu lang", "Message trop long", "Mensaje demasiado largo", "メッセージが長すぎます", "消息过长", "訊息太長", "Messaggio troppo lungo", "Mensagem muito longa", "Сообщение слишком длинное", "Machine is not on the network", "Die Maschine ist nicht an das Netzwerk angeschlossen", "La machine cible n'est pas sur le réseau", "La máquina no está en red", "マシンはネットワークにつながっていません", "机器不在网络中", "機器不在網路中", "La macchina non è in rete", "A maquina não está na rede", "Машина не в сети"]),
    (Errno::BadlyMapped, &["Bad file number", "Unknown error", "Software caused connection abort", "Das Programm verursachte den Abbruch der Verbindung", "Le logiciel a provoqué l'abandon de la connexion", "El programa provocó el fin de la conexión", "ソフトウェアが接続を中断しました", "由软件导致的连接断开", "軟體造成連線中斷", "Connessione interrotta per un problema software", "Término de conexão causada por software", "Программа вызвала разрыв соединения", "Result too large", "Bad file descriptor", "Ungültiger Dateideskriptor", "Mauvais descripteur de fichier", "Descriptor de fichero erróneo", "不正なファイル記述子です", "错误的文件描述符", "錯誤的檔案敘述項", "Descrittore di file errato", "Descritor de arquivo inválido", "Неправильный дескриптор файла", "Not a socket"]),
    (Errno::SetBefore, &["failure"]),
];

#[rustfmt::skip]
/// gai_strerror(3).
const RESOLUTION: &[(Resolution, &[&str])] = &[
    (Resolution::NotFound, &["Name or service not known", "Der Name oder der Dienst ist nicht bekannt", "Nom ou service inconnu", "Nombre o servicio desconocido", "名前またはサービスが不明です", "未知的名称或服务", "名稱或服務未知", "Nome o servizio sconosciuto", "Nome ou serviço desconhecido", "Неизвестное имя или служба", "nodename nor servname provided, or not known", "Name does not resolve", "No such host is known", "hostname nor servname provided, or not known", "Host not found", "No such host","no such host", "Name has no usable address", "non-existent domain"]),
    (Resolution::ServersDown, &["Temporary failure in name resolution", "Temporärer Fehler bei der Namensauflösung", "Échec temporaire dans la résolution du nom", "Fallo temporal en la resolución del nombre", "名前解決に一時的に失敗しました", "域名解析暂时失败", "解析名稱時發生暫時性錯誤", "Errore temporaneo nella risoluzione del nome", "Falha temporário na resolução de nome", "Временный сбой в разрешении имен", "域名解析出现暂时性错误", "Try again", "no servers could be reached"]),
    (Resolution::NoAddress, &["No address associated with hostname", "Zu diesem Hostnamen gehört keine Adresse", "Aucune adresse associée avec le nom de l'hôte", "No existe ninguna dirección asociada al nombre", "ホスト名にアドレスが割り当てられていません", "没有与主机名关联的地址", "沒有位址關聯至此主機名稱", "Nessun indirizzo associato al nome host", "Não há endereço associado com o nome", "С именем узла не связано ни одного адреса", "No address associated with nodename", "Address family for hostname not supported", "Die Adressfamilie für Hostnamen wird nicht unterstützt", "Famille d'adresses non supportée pour le nom de l'hôte", "Esta familia de direcciones no está soportada para el `host'", "ホスト名に対する Address family がサポートされていません", "不支持的主机名地址族", "不支援主機名稱的位址家族", "Famiglia di indirizzi non supportata per il nome host", "Família de endereços não suportada para nome de máquina", "Семейство адресов не поддерживается для данного имени узла"]),
    (Resolution::Broken, &["Non-recoverable failure in name resolution", "Nicht-behebbarer Fehler in der Namensauflösung", "Échec non récupérable lors de la résolution du nom", "Fallo irrecuperable en la resolución del nombre", "名前解決で回復できない失敗が発生しました", "域名解析中出现不可修复的失败", "解析名稱時發生無法復原錯誤", "Errore irrecuperabile nella risoluzione del nome", "Falha irrecuperável na resolução de nome", "Неисправимая ошибка в разрешении имен", "Unrecoverable error", "System error", "Systemfehler", "Erreur système", "Error del sistema", "システムエラー", "系统错误", "系統錯誤", "Errore di sistema", "Erro de sistema", "Системная ошибка", "Servname not supported for ai_socktype", "»Servname« wird für »ai_soctype« nicht unterstützt", "Servname() n'est pas supportée pour ai_socktype", "No se admite servname para ai_socktype", "ai_socktype に対して Servname がサポートされていません", "不支持 ai_socktype 的伺服名称", "ai_socktype 不支援伺服器名稱 (Servname)", "Servname non supportato per ai_socktype", "Servname sem suporte para “ai_socktype”", "Servname не поддерживается для ai_socktype"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_known_in_the_words_of_several_languages() {
        for (words, meaning) in [
            ("Connection refused", Errno::Refused),
            ("Verbindungsaufbau abgelehnt\r", Errno::Refused),
            (
                "Connexion terminée par expiration du délai d\u{2019}attente",
                Errno::TimedOut,
            ),
            ("接続を拒否されました", Errno::Refused),
            ("没有到主机的路由", Errno::HostUnreachable),
            ("Connection reset by peer", Errno::Reset),
            ("Something new", Errno::Unknown),
        ] {
            assert_eq!(Errno::of(words), meaning, "{words}");
        }
        assert_eq!(
            Resolution::of("Nombre o servicio desconocido"),
            Resolution::NotFound
        );
    }
}
